import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accountOf, parseSource } from '../src/source.js';
import { fits, nameAddress, reasonOf, statusOf, targetOf } from '../src/words.js';

test('a src names the account and what to publish', () => {
  const source = parseSource(
    'rtmp://host/sip/kunweb@localhost?rate=8&bidirection=true&arg=kunweb&arg=my&arg=A%20B C&arg=narrowband&play=x',
  );
  assert.equal(source.url, 'rtmp://host/sip/kunweb@localhost');
  assert.equal(source.bidirection, true);
  assert.equal(source.play, 'x');
  assert.deepEqual(source.args, ['kunweb', 'my', 'A B C', 'narrowband']);
  assert.deepEqual(accountOf(source.url, source.args), {
    address: 'kunweb@localhost',
    domain: 'localhost',
    login: 'kunweb',
    password: 'my',
    display: 'A B C',
  });
});

test('a src says what to do with the streams', () => {
  const recorder = parseSource('rtmp://h/app?publish=a&record=true&recordMode=append');
  assert.deepEqual([recorder.publish, recorder.record, recorder.recordMode], ['a', true, 'append']);
  const camera = parseSource('?live=true');
  assert.deepEqual([camera.url, camera.scheme, camera.live, camera.record], [null, null, true, false]);
  const file = parseSource('https://h/a.webm?play=1&publish=x');
  assert.deepEqual([file.url, file.publish, file.play], ['https://h/a.webm?play=1&publish=x', null, null]);
  const peer = parseSource('rtmfp://h/key?farID=1f&group=g&playMode=vod&bidirection=false&record=false');
  assert.deepEqual(
    [peer.scheme, peer.farID, peer.group, peer.playMode, peer.bidirection, peer.record],
    ['rtmfp', '1f', 'g', 'vod', false, false],
  );
});

test('what is no account is none', () => {
  for (const src of [
    '',
    'rtmp://host/other/a@b',
    'rtmfp://host/sip/a@b',
    'http://host/sip/a@b',
    'rtmp://host/sip/a',
    'rtmp://host/sip/a b@c',
    'rtmp://host/sip/a@b\r\nVia: x',
  ]) {
    assert.equal(accountOf(src, []), null, String(src));
  }
  assert.equal(accountOf('rtmps://h:1/sip/a@b:5060/anything', []).address, 'a@b');
  assert.equal(parseSource('rtmp://h/sip/a@b?arg=100%').args[0], '100%');
});

test('destinations are addresses', () => {
  for (const [text, want] of [
    ['sip:bob@test', 'sip:bob@test'],
    ['"Bob" <sip:bob@test;x=y>', 'sip:bob@test'],
    ['bob', 'sip:bob@home'],
    ['bob@test?Subject=x', 'sip:bob@test'],
    ['', null],
    ['tel:+1', null],
    ['bob@te st', null],
    ['bob@test\r\nVia: x', null],
  ]) {
    assert.equal(targetOf(text, 'home'), want, text);
  }
});

test('reasons are read and written', () => {
  assert.deepEqual(statusOf('486 Busy Here'), { status_code: 486, reason_phrase: 'Busy Here' });
  assert.deepEqual(statusOf('Decline'), { status_code: 603, reason_phrase: 'Decline' });
  assert.deepEqual(statusOf('200 OK'), { status_code: 603, reason_phrase: '200 OK' });
  assert.equal(reasonOf({ message: { status_code: 404, reason_phrase: 'Not Found' } }), '404 Not Found');
  assert.equal(reasonOf({ cause: 'Connection Error' }), '480 Connection Error');
  assert.equal(nameAddress({ display_name: 'a"<b\\', uri: 'sip:x@y' }), '"a<b" <sip:x@y>');
});

test('texts are as long as a message may be', () => {
  for (const [text, want] of [
    ['', false],
    ['x', true],
    ['x'.repeat(24 << 10), true],
    ['x'.repeat((24 << 10) + 1), false],
    ['你'.repeat(8 << 10), true],
    ['你'.repeat((8 << 10) + 1), false],
  ]) {
    assert.equal(fits(text), want, `${text.length} letters`);
  }
});
