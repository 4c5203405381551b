// @ts-check
// The people an account calls, and whether they can be reached: each is watched by a subscription (RFC 3856).
import { addressURI } from './account.js';
import { peerFromTyped } from './peer.js';
import { readPresence } from './presence.js';

/** How long a subscription lives before it is renewed, in seconds. */
const lifetime = 600;
/** After how long a lost subscription is tried again, in milliseconds. */
const pause = 30_000;
/** How many contacts there may be; the service bounds subscriptions, too. */
const most = 100;

/**
 * @typedef {object} Contact
 * @property {string} name
 * @property {string} address
 * @property {import('./presence.js').State} state
 * @property {string} note that he wrote beside his state
 *
 * @typedef {{ list: (name: string, check: (value: any) => Contact | null) => Contact[],
 *   keep: (name: string, entries: object[]) => void }} Keeper
 */

export class Contacts {
  /** @type {Contact[]} by name */
  people = [];
  #store;
  #changed;
  #read;
  #name = '';
  #domain = '';
  #agent = /** @type {any} */ (null);
  /** @type {Map<string, any>} address to JsSIP's subscriber */
  #subscribers = new Map();
  /** @type {Set<ReturnType<typeof setTimeout>>} */
  #retries = new Set();

  /**
   * @param {Keeper} store
   * @param {() => void} changed
   * @param {typeof readPresence} read stands in for the browser's parser in tests
   */
  constructor(store, changed, read = readPresence) {
    this.#store = store;
    this.#changed = changed;
    this.#read = read;
  }

  /**
   * Shows the contacts of an account.
   * @param {{ uri: string, domain: string }} account
   */
  open({ uri, domain }) {
    const name = `sipbridge.contacts.${uri}`;
    if (name === this.#name) return;
    this.#name = name;
    this.#domain = domain;
    this.people = this.#store.list(name, contact);
    this.#changed();
  }

  /**
   * Watches everybody over a connection that is registered; null when there is none any more.
   * @param {any} agent JsSIP's user agent
   */
  watch(agent) {
    for (const address of [...this.#subscribers.keys()]) this.#forget(address);
    for (const retry of this.#retries) clearTimeout(retry);
    this.#retries.clear();
    this.#agent = agent;
    for (const person of this.people) {
      person.state = 'unknown';
      this.#subscribe(person);
    }
    this.#changed();
  }

  /**
   * Adds what was typed; gives why it cannot be, or ''.
   * @param {string} typed
   * @param {string} name how he is to be called; his own name if ''
   */
  add(typed, name) {
    const peer = peerFromTyped(typed, this.#domain);
    if (!typed.trim() || !addressURI(typed.trim(), this.#domain)) return `${typed} is not an address.`;
    if (this.people.length >= most) return `There is room for ${most} contacts.`;
    this.remove(peer.address);
    /** @type {Contact} */
    const person = { name: name.trim() || peer.name, address: peer.address, state: 'unknown', note: '' };
    this.people = [...this.people, person].sort((a, b) => a.name.localeCompare(b.name));
    this.#keep();
    this.#subscribe(person);
    return '';
  }

  /** @param {string} address */
  remove(address) {
    const subscriber = this.#subscribers.get(address);
    this.#forget(address);
    subscriber?.terminate();
    this.people = this.people.filter((person) => person.address !== address);
    this.#keep();
  }

  /** @param {Contact} person */
  #subscribe(person) {
    const uri = addressURI(person.address, this.#domain);
    if (!this.#agent || !uri) return;
    const subscriber = this.#agent.subscribe(uri, 'presence', 'application/pidf+xml', { expires: lifetime });
    this.#subscribers.set(person.address, subscriber);
    subscriber.on('notify', (/** @type {boolean} */ _final, /** @type {any} */ _request, /** @type {string} */ body) =>
      this.#told(person, body),
    );
    subscriber.on('terminated', () => this.#ended(person));
    subscriber.subscribe();
  }

  /**
   * @param {Contact} person
   * @param {string} document
   */
  #told(person, document) {
    Object.assign(person, this.#read(document));
    this.#changed();
  }

  /** @param {Contact} person */
  #ended(person) {
    this.#subscribers.delete(person.address);
    Object.assign(person, { state: 'unknown', note: '' });
    const retry = setTimeout(() => {
      this.#retries.delete(retry);
      if (this.people.includes(person)) this.#subscribe(person);
    }, pause);
    this.#retries.add(retry);
    this.#changed();
  }

  /** @param {string} address */
  #forget(address) {
    this.#subscribers.get(address)?.removeAllListeners();
    this.#subscribers.delete(address);
  }

  #keep() {
    if (this.#name) this.#store.keep(this.#name, this.people.map(kept));
    this.#changed();
  }
}

/**
 * What is kept of a contact: not what changes by itself.
 * @param {Contact} person
 */
function kept({ name, address }) {
  return { name, address };
}

/**
 * Makes a contact of what was stored, or null.
 * @param {any} value
 * @returns {Contact | null}
 */
function contact(value) {
  if (typeof value?.address !== 'string' || !value.address) return null;
  return { name: String(value.name ?? value.address), address: value.address, state: 'unknown', note: '' };
}
