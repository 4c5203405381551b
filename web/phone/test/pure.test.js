import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accountFrom, addressURI } from '../src/account.js';
import { renewedDemo } from '../src/demo.js';
import { clock, timeOfDay } from '../src/duration.js';
import { factsFrom, loadFacts, waitForFacts } from '../src/facts.js';
import { keyFromKeyboard, keyTransport, tonesOf } from '../src/keys.js';
import { initialOf, peerFromTyped, peerOf } from '../src/peer.js';
import { remember, remembered } from '../src/remembered.js';
import { suggestionsFor } from '../src/suggestions.js';
import { titleFor } from '../src/title.js';
import { toneFor } from '../src/tones.js';

const typed = { name: 'alice', domain: 'example.org', password: 'secret', displayName: '' };

test('an account of what was typed', () => {
  assert.deepEqual(accountFrom(typed), { ...typed, uri: 'sip:alice@example.org' });
  assert.equal(accountFrom({ ...typed, name: ' sip:bob@pbx.example:5070 ' }).uri, 'sip:bob@pbx.example:5070');
  assert.equal(accountFrom({ ...typed, name: 'jörg müller' }).uri, 'sip:j%C3%B6rg%20m%C3%BCller@example.org');
});

test('what is no account says why', () => {
  assert.throws(() => accountFrom({ ...typed, name: ' ' }), /enter your name/);
  assert.throws(() => accountFrom({ ...typed, domain: ' ' }), /enter your domain/);
  assert.throws(() => accountFrom({ ...typed, domain: 'not a host' }), /not an address/);
  assert.throws(() => accountFrom({ ...typed, name: '50%' }), /not an address/);
});

test('addresses of what was typed', () => {
  assert.equal(addressURI('echo', 'localhost'), 'sip:echo@localhost');
  assert.equal(addressURI('+49 (30) 1', 'localhost'), 'sip:+49301@localhost');
  assert.equal(addressURI('sip:bob@example.org', 'localhost'), 'sip:bob@example.org');
  assert.equal(addressURI('bob@exa mple', 'localhost'), '');
  assert.equal(addressURI('bob\r\nVia: x@y', 'localhost'), 'sip:bob%0D%0AVia:%20x@y');
});

test('clock', () => {
  const cases = [
    [0, '0:00'],
    [-5, '0:00'],
    [999, '0:00'],
    [65_000, '1:05'],
    [3_601_000, '1:00:01'],
    [36_000_000, '10:00:00'],
  ];
  for (const [milliseconds, words] of cases) assert.equal(clock(milliseconds), words);
});

test('time of day', () => {
  assert.equal(timeOfDay(new Date(2024, 1, 2, 9, 5, 7)), '09:05:07');
});

test('facts of the service', () => {
  const said = {
    webSocket: '/ws',
    domain: 'localhost',
    numbers: ['echo'],
    accounts: [{ name: 'alice', password: 'x' }],
  };
  assert.deepEqual(factsFrom(said, 'http://localhost:8080/phone/'), { ...said, webSocket: 'ws://localhost:8080/ws' });
  assert.deepEqual(factsFrom({}, 'https://phone.example/phone/'), {
    webSocket: 'wss://phone.example/ws',
    domain: 'phone.example',
    numbers: [],
    accounts: [],
  });
});

test('facts are asked for beside the page', async () => {
  let asked;
  const ask = async (url) => {
    asked = url.href;
    return { ok: true, json: async () => ({}) };
  };
  await loadFacts('http://localhost:8080/phone/', ask);
  assert.equal(asked, 'http://localhost:8080/phone/config.json');
  await assert.rejects(
    loadFacts('http://localhost/phone/', async () => ({ ok: false, status: 503 })),
    /503/,
  );
});

test('facts are asked for until they come', async () => {
  const answers = [
    () => {
      throw new Error('not yet');
    },
    () => 'facts',
  ];
  const told = [];
  assert.equal(
    await waitForFacts(
      (error) => told.push(error.message),
      async () => answers.shift()(),
      1,
    ),
    'facts',
  );
  assert.deepEqual(told, ['not yet']);
});

test('a demo account gets its new password', () => {
  const facts = (password) => ({ domain: 'localhost', accounts: [{ name: 'alice', password }] });
  const account = { name: 'alice', domain: 'localhost', password: 'old', displayName: 'A' };
  assert.deepEqual(renewedDemo(account, facts('old'), facts('new')), { ...account, password: 'new' });
  assert.equal(renewedDemo(account, facts('old'), facts('old')), null);
  assert.equal(renewedDemo(account, facts('other'), facts('new')), null, 'typed by hand');
  assert.equal(renewedDemo(account, facts('old'), { ...facts(''), accounts: [] }), null);
});

test('tones of the keys', () => {
  assert.deepEqual(tonesOf('1'), [697, 1209]);
  assert.deepEqual(tonesOf('6'), [770, 1477]);
  assert.deepEqual(tonesOf('0'), [941, 1336]);
  assert.deepEqual(tonesOf('#'), [941, 1477]);
});

test('keys of the keyboard', () => {
  assert.equal(keyFromKeyboard({ key: '5' }), '5');
  assert.equal(keyFromKeyboard({ key: '#' }), '#');
  assert.equal(keyFromKeyboard({ key: 'x' }), '');
  assert.equal(keyFromKeyboard({ key: '5', ctrlKey: true }), '');
  assert.equal(keyFromKeyboard({ key: '5', repeat: true }), '', 'one that is held down is one');
});

test('how keys travel', () => {
  const connection = (...senders) => ({ getSenders: () => senders });
  const audio = { kind: 'audio' };
  const codecs =
    (...mimeTypes) =>
    () => ({ codecs: mimeTypes.map((mimeType) => ({ mimeType })) });
  assert.equal(keyTransport(connection()), 'INFO');
  assert.equal(keyTransport(connection({ track: null }, { track: audio, dtmf: null })), 'INFO');
  assert.equal(keyTransport(connection({ track: audio, dtmf: { canInsertDTMF: false } })), 'INFO');
  assert.equal(keyTransport(connection({ track: audio, dtmf: { canInsertDTMF: true } })), 'RFC2833');
  assert.equal(keyTransport(connection({ track: audio, dtmf: {}, getParameters: codecs('audio/opus') })), 'INFO');
  assert.equal(
    keyTransport(
      connection({
        track: audio,
        dtmf: {},
        getParameters: codecs('audio/opus', 'audio/telephone-event'),
      }),
    ),
    'RFC2833',
  );
});

test('names of parties', () => {
  const uri = { user: 'bob%20b', host: 'example.org' };
  assert.deepEqual(peerOf({ display_name: 'Bob', uri }), { name: 'Bob', address: 'bob b@example.org' });
  assert.deepEqual(peerOf({ uri }), { name: 'bob b', address: 'bob b@example.org' });
  assert.deepEqual(peerOf({ uri: { user: '50%', host: 'x' } }), { name: '50%', address: '50%@x' });
  assert.deepEqual(peerOf({ uri: { host: 'example.org' } }), { name: 'example.org', address: 'example.org' });
  assert.deepEqual(peerFromTyped(' echo ', 'localhost'), { name: 'echo', address: 'echo@localhost' });
  assert.deepEqual(peerFromTyped('sip:bob@example.org', 'localhost'), { name: 'bob', address: 'bob@example.org' });
});

test('initials', () => {
  assert.deepEqual(['bob', '+49', '"Zoë', '', '🙂'].map(initialOf), ['B', '4', 'Z', '?', '?']);
});

test('the account is remembered without its password', () => {
  const kept = new Map();
  const storage = { setItem: (key, value) => kept.set(key, value), getItem: (key) => kept.get(key) ?? null };
  assert.equal(remembered(storage), null);
  remember(typed, storage);
  assert.deepEqual(remembered(storage), { name: 'alice', domain: 'example.org', displayName: '' });
  assert.ok(![...kept.values()].join().includes('secret'));
});

test('a browser that keeps nothing', () => {
  const storage = {
    setItem() {
      throw new Error('no');
    },
    getItem() {
      throw new Error('no');
    },
  };
  remember(typed, storage);
  assert.equal(remembered(storage), null);
});

test('suggestions', () => {
  const facts = { numbers: ['100', 'dtmf', 'echo'], accounts: [{ name: 'alice' }, { name: 'bob' }] };
  assert.deepEqual(
    suggestionsFor(facts, 'alice').map(({ target }) => target),
    ['echo', 'dtmf', '100', 'bob'],
  );
  assert.equal(suggestionsFor(facts, 'alice')[0].hint, 'hear yourself');
});

test('the sound and the title of a call', () => {
  const peer = { name: 'bob' };
  const alone = (active) => ({ active, list: [active] });
  const none = { active: null, list: [] };
  assert.equal(toneFor(none), null);
  assert.equal(toneFor(alone({ state: 'incoming', direction: 'incoming' })), 'ring');
  assert.equal(toneFor(alone({ state: 'ringing', direction: 'outgoing' })), 'ringBack');
  assert.equal(toneFor(alone({ state: 'early', direction: 'outgoing' })), null);
  const talking = { state: 'up', peer };
  const waits = { active: talking, list: [talking, { state: 'incoming', peer: { name: 'carol' } }] };
  assert.equal(toneFor(waits), 'waiting');
  assert.match(titleFor(waits), /carol is calling/);
  assert.equal(titleFor(none), 'sipbridge phone');
  assert.match(titleFor(alone({ state: 'incoming', peer })), /bob is calling/);
  assert.match(titleFor(alone(talking)), /^bob/);
});
