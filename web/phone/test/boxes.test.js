import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rememberedFolds, rememberFolds, tabs } from '../src/boxes.js';
import { FakeStorage } from './fakestorage.js';

test('remembers which boxes are folded', () => {
  const storage = new FakeStorage();
  assert.equal(rememberedFolds(storage).size, 0);
  rememberFolds(new Map([['start-box', true]]), storage);
  assert.deepEqual(rememberedFolds(storage), new Map([['start-box', true]]));
});

test('folds nothing by what others have stored, or by none', () => {
  for (const text of ['{', 'null', '[1]', '{"a":"yes"}']) {
    const storage = new FakeStorage();
    storage.setItem('sipbridge.folded', text);
    assert.ok(![...rememberedFolds(storage).values()].includes(true), text);
  }
  rememberFolds(new Map([['a', true]]), new FakeStorage(true));
  assert.equal(rememberedFolds(new FakeStorage(true)).size, 0);
});

test('has a name for each tab', () => {
  assert.equal(new Set(tabs.map(({ name }) => name)).size, tabs.length);
});
