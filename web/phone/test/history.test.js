import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMissed } from '../src/callwords.js';
import { History } from '../src/history.js';
import { Store } from '../src/store.js';
import { FakeStorage } from './fakestorage.js';

const peer = { name: 'Bob', address: 'bob@localhost' };
const answered = { direction: 'outgoing', peer, startedAt: 1000, endedAt: 63_400, end: { missed: false } };
const missed = { direction: 'incoming', peer, startedAt: 0, endedAt: 0, end: { missed: true } };

function newHistory(storage = new FakeStorage()) {
  const history = new History(new Store(() => storage), () => {});
  history.open('sip:alice@localhost');
  return { history, storage };
}

test('keeps past calls for the next visit, for each account its own', () => {
  const { history, storage } = newHistory();
  history.add(answered);
  history.add(missed, 70_000);
  assert.deepEqual(
    history.calls.map(({ at, direction, seconds }) => [at, direction, seconds]),
    [
      [70_000, 'incoming', 0],
      [1000, 'outgoing', 62],
    ],
  );
  const again = newHistory(storage).history;
  assert.deepEqual(again.calls, history.calls);
  again.open('sip:carol@localhost');
  assert.equal(again.calls.length, 0);
});

test('counts missed calls until the user looks', () => {
  const { history } = newHistory();
  history.add(missed);
  history.add(answered);
  history.add(missed);
  assert.equal(history.missed, 2);
  history.see();
  assert.equal(history.missed, 0);
  history.clear();
  assert.equal(history.calls.length, 0);
});

test('reads nothing that is none, and does without a store', () => {
  const storage = new FakeStorage();
  for (const text of ['{', '5', '[null, 1, {"at": "x"}, {"at": 1}]']) {
    storage.setItem('sipbridge.history.sip:alice@localhost', text);
    assert.deepEqual(newHistory(storage).history.calls, []);
  }
  const { history } = newHistory(new FakeStorage(true));
  for (let i = 0; i < 120; i++) history.add(answered);
  assert.equal(history.calls.length, 100);
});

test('knows which calls were missed', () => {
  const cancel = (cause) => ({ parseHeader: () => (cause ? { protocol: 'sip', cause } : undefined) });
  for (const [end, want] of [
    [{ originator: 'remote', cause: 'Canceled', message: cancel(0) }, true],
    [{ originator: 'remote', cause: 'Canceled', message: cancel(200) }, false],
    [{ originator: 'remote', cause: 'Canceled', message: cancel(603) }, false],
    [{ originator: 'local', cause: 'No Answer', message: null }, true],
    [{ originator: 'local', cause: 'Rejected', message: null }, false],
    [{ originator: 'system', cause: 'Connection Error', message: null }, true],
  ]) {
    assert.equal(isMissed(end), want, JSON.stringify(end));
  }
});
