import assert from 'node:assert/strict';
import { test } from 'node:test';
import { locationDocument, wordsForLocation } from '../src/location.js';
import { carry, locationOf, unwrapped } from '../src/multipart.js';
import { FakeSession } from './fakes.js';
import { several } from './several.js';

const here = { coords: { latitude: 52.520008, longitude: -13.404954, accuracy: 19.6 } };
const browser = (answer) => ({
  getCurrentPosition: (found, failed) => (answer.coords ? found(answer) : failed(answer)),
});

test('says where the browser finds the user', async () => {
  const document = await locationDocument('sip:alice@localhost', '', browser(here));
  assert.match(document, /entity="sip:alice@localhost"/);
  assert.match(document, /<gml:pos>52.520008 -13.404954<\/gml:pos>/);
  assert.equal(wordsForLocation(document), '52.52001, -13.40495 (within 20 m)');
});

test('says what the user says, and no more', async () => {
  const words = 'Room <5> & "lab"';
  const document = await locationDocument('sip:a@b', words, undefined);
  assert.ok(document.includes('<ca:LOC>Room &#60;5&#62; &#38; &#34;lab&#34;</ca:LOC>'), document);
  assert.equal(wordsForLocation(document), words);
});

test('says why it does not know', async () => {
  await assert.rejects(locationDocument('sip:a@b', '', browser({ code: 1 })), /may not know where you are/);
  await assert.rejects(locationDocument('sip:a@b', '', browser({ code: 3 })), /did not find out/);
  await assert.rejects(locationDocument('sip:a@b', '', null), /cannot tell/);
});

test('reads what others write', () => {
  const civic =
    '<cl:civicAddress xmlns:cl="x" xml:lang="de"><cl:country>DE</cl:country>\n<cl:A3>Köln</cl:A3><cl:RD>' +
    'An der Burgmauer</cl:RD><cl:HNO></cl:HNO></cl:civicAddress>';
  assert.equal(wordsForLocation(civic), 'DE, Köln, An der Burgmauer');
  assert.equal(wordsForLocation('<Point><pos>1 2</pos></Point>'), '1.00000, 2.00000');
  for (const nothing of ['', '<presence/>', '<pos>north south</pos>', '<civicAddress></civicAddress>']) {
    assert.equal(wordsForLocation(nothing), '', nothing);
  }
  assert.equal(wordsForLocation(`<civicAddress><A>${'x'.repeat(999)}</A></civicAddress>`).length, 120);
});

/** What JsSIP makes of a request. */
function request(body) {
  const headers = {};
  return { body, headers, setHeader: (name, value) => (headers[name] = value) };
}

test('a location goes out and comes in beside the description', () => {
  const sent = request('v=0\r\ns=ü\r\n');
  carry(sent, '<presence>ä</presence>');
  const lines = Object.entries(sent.headers).map(([name, value]) => `${name}: ${value}`);
  const head = ['INVITE sip:bob@localhost SIP/2.0', 'Location-Document: forged', ...lines, 'Content-Length: 99'];
  const read = unwrapped(`${head.join('\r\n')}\r\n\r\n${sent.body}`);
  const [readHead, body] = read.split('\r\n\r\n');
  assert.equal(body, 'v=0\r\ns=ü\r\n');
  assert.ok(readHead.includes('Content-Type: application/sdp\r\nContent-Length: 11'), readHead);
  assert.equal(readHead.match(/Content-/g).length, 2);
  const getHeader = (name) => readHead.match(new RegExp(`^${name}: (.*)$`, 'm'))?.[1].trim();
  assert.equal(locationOf({ getHeader }), '<presence>ä</presence>');
  assert.ok(!read.includes('forged'));
});

test('every other message stays as it is', () => {
  const type = 'Content-Type: multipart/mixed;boundary=b';
  for (const message of [
    '\r\n\r\n',
    'MESSAGE sip:a SIP/2.0\r\nContent-Type: multipart/mixed;boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--',
    'INVITE sip:a SIP/2.0\r\nContent-Type: application/sdp\r\n\r\nv=0',
    `INVITE sip:a SIP/2.0\r\n${type}\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--`,
    `INVITE sip:a SIP/2.0\r\n${type}\r\n\r\nnothing`,
  ]) {
    assert.equal(unwrapped(message), message);
  }
  assert.equal(locationOf({ getHeader: () => '%' }), '');
  assert.equal(locationOf({}), '');
});

test('calls tell and show it', async () => {
  const { calls, sessions, said } = several();
  calls.place = '<presence/>';
  await calls.dial('bob');
  const sent = request('v=0');
  sessions[0].emit('sending', { request: sent });
  assert.match(sent.headers['Content-Type'], /^multipart\/mixed/);
  calls.hangUp();
  Object.defineProperty(calls, 'place', { get: () => assert.fail('No position.') });
  await calls.dial('bob');
  assert.match(said.at(-1), /No position. The call goes out without/);
  calls.hangUp();
  const document = '<civicAddress><LOC>the lab</LOC></civicAddress>';
  calls.receive(new FakeSession(), { getHeader: () => encodeURIComponent(document) });
  assert.equal(calls.active.peer.whereabouts, 'the lab');
});
