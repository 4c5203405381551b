import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keep, takeKept } from '../src/kept.js';
import { FakeStorage } from './fakestorage.js';

const left = { webSocket: 'ws://localhost/ws', account: { uri: 'sip:alice@localhost' }, calls: [{ keys: '' }] };

test('what is left can be taken once', () => {
  const storage = new FakeStorage();
  keep(left, storage);
  assert.deepEqual(takeKept(storage).calls, left.calls);
  assert.equal(takeKept(storage), null);
});

test('nothing is left of what came before', () => {
  const storage = new FakeStorage();
  keep(left, storage);
  keep(null, storage);
  assert.equal(takeKept(storage), null);
});

test('a tab that comes back after long is a new one', (t) => {
  const storage = new FakeStorage();
  keep(left, storage);
  const now = Date.now();
  t.mock.method(Date, 'now', () => now + 61_000);
  assert.equal(takeKept(storage), null);
});

for (const [name, text] of [
  ['no JSON', '{'],
  ['no account', '{"account": {}, "calls": []}'],
  ['no calls', '{"account": {"uri": "sip:a@b"}, "calls": 1}'],
  ['null', 'null'],
]) {
  test(`takes nothing of what others have stored: ${name}`, () => {
    const storage = new FakeStorage();
    storage.setItem('sipbridge.kept', text);
    assert.equal(takeKept(storage), null);
  });
}

test('a browser without a store is no fault', () => {
  keep(left, new FakeStorage(true));
  assert.equal(takeKept(new FakeStorage(true)), null);
});
