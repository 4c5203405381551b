// @ts-check
// Contacts with their presence, and what the user says of himself.
import { initialOf } from '../peer.js';
import { presenceWords } from '../presence.js';
import { element, make, refill, setText } from './elements.js';

/**
 * @typedef {import('../contacts.js').Contact} Contact
 * @typedef {{ add: (typed: string, name: string) => string, remove: (address: string) => void,
 *   call: (address: string) => void, write: (address: string) => void,
 *   setState: (state: import('../presence.js').State) => void }} Asked
 */

export class ContactsView {
  #contacts;
  #asked;
  #drawn = '';

  /**
   * @param {{ people: Contact[] }} contacts
   * @param {Asked} asked what the user may do
   */
  constructor(contacts, asked) {
    this.#contacts = contacts;
    this.#asked = asked;
    element('contact-form').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#add();
    });
    const state = element('own-state', HTMLSelectElement);
    state.addEventListener('change', () => asked.setState(/** @type {import('../presence.js').State} */ (state.value)));
  }

  /** @param {{ line: object | null, ready: boolean }} phone */
  render({ line, ready }) {
    element('contacts-box').dataset.known = String(Boolean(line));
    element('contact-add', HTMLButtonElement).disabled = !line;
    const now = JSON.stringify([this.#contacts.people, ready]);
    if (now === this.#drawn) return;
    this.#drawn = now;
    refill(element('contacts'), ...this.#contacts.people.map((person) => this.#item(person, ready)));
  }

  #add() {
    const address = element('contact-address', HTMLInputElement);
    const name = element('contact-name', HTMLInputElement);
    const why = this.#asked.add(address.value, name.value);
    setText(element('contact-why'), why);
    if (why) return;
    address.value = '';
    name.value = '';
  }

  /**
   * @param {Contact} person
   * @param {boolean} ready
   */
  #item({ name, address, state, note }, ready) {
    const picture = make('span', { className: 'picture small', ariaHidden: 'true' }, initialOf(name));
    const words = note ? `${presenceWords[state]}, ${note}` : presenceWords[state];
    const names = make('span', { className: 'names' }, make('b', { dir: 'auto' }, name), make('small', {}, words));
    const call = action('Call', { name, address }, () => this.#asked.call(address));
    call.disabled = !ready;
    const write = action('Write', { name, address }, () => this.#asked.write(address));
    const remove = action('Remove', { name, address }, () => this.#asked.remove(address));
    remove.textContent = '✕';
    const item = make('li', { title: address }, picture, names, call, write, remove);
    item.dataset.state = state;
    return item;
  }
}

/**
 * @param {string} words
 * @param {{ name: string, address: string }} person whom it is about
 * @param {() => void} clicked
 */
function action(words, { name, address }, clicked) {
  const id = `contact-${words}-${address}`;
  const button = make('button', { type: 'button', id, className: 'quiet' }, words);
  button.ariaLabel = `${words} ${name}`;
  button.addEventListener('click', clicked);
  return button;
}
