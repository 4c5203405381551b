// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SettingsView } from '../src/view/settingsview.js';
import { FakeStorage } from './fakestorage.js';

/** As much of an element as the view touches. */
class FakeElement extends EventTarget {
  value = '';
  checked = false;
  type = 'text';
  textContent = '';
  append() {}
  replaceChildren() {}
  toggleAttribute() {}
}

/** A page with a field for everything, opened by a link. @param {string} search @param {object} kept */
function opened(search, kept) {
  /** @type {Map<string, FakeElement>} */
  const fields = new Map();
  const getElementById = (/** @type {string} */ id) => {
    if (!fields.has(id)) fields.set(id, new FakeElement());
    return /** @type {FakeElement} */ (fields.get(id));
  };
  const localStorage = new FakeStorage();
  localStorage.setItem('sipbridge.settings', JSON.stringify(kept));
  const classes = ['HTMLElement', 'HTMLInputElement', 'HTMLSelectElement', 'HTMLTextAreaElement'];
  Object.assign(globalThis, Object.fromEntries(classes.map((name) => [name, FakeElement])));
  const document = { getElementById, createElement: () => new FakeElement() };
  Object.assign(globalThis, { document, location: { search, pathname: '/' } });
  Object.defineProperty(globalThis, 'localStorage', { value: localStorage, configurable: true });
  const view = new SettingsView();
  const change = (/** @type {string} */ id, /** @type {string} */ value) => {
    getElementById(id).value = value;
    getElementById(id).dispatchEvent(new Event('change'));
  };
  return { view, change, stored: () => JSON.parse(localStorage.getItem('sipbridge.settings') ?? '{}') };
}

test('what a link sets is not kept when the user changes something else', () => {
  const link = '?outbound=proxy&outbound_proxy_address=evil.example&websocket_path=/evil';
  const { view, change, stored } = opened(link, { websocket_path: '/mine' });
  change('register_interval', ' 90 ');
  assert.deepEqual(stored(), { websocket_path: '/mine', register_interval: '90' });
  assert.equal(view.values.outbound_proxy_address, 'evil.example', 'it is for this visit');
  change('outbound_proxy_address', 'mine.example');
  assert.equal(stored().outbound_proxy_address, 'mine.example');
});
