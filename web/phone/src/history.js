// @ts-check
// Past calls of an account, newest first, and how many were missed since the user last looked.

/** How many calls are kept. */
const length = 100;

/**
 * @typedef {object} PastCall
 * @property {number} at when it began, in milliseconds since 1970
 * @property {'incoming' | 'outgoing'} direction
 * @property {string} name of the other party
 * @property {string} address of the other party
 * @property {number} seconds how long both sides talked; 0 if they did not
 * @property {boolean} missed it rang here, and nobody took it
 * @property {boolean} seen the user has looked at the list since
 *
 * @typedef {{ list: (name: string, check: (value: any) => PastCall | null) => PastCall[],
 *   keep: (name: string, entries: object[]) => void }} Keeper
 *
 * @typedef {object} EndedCall what is read of a call that is over
 * @property {string} direction
 * @property {{ name: string, address: string }} peer
 * @property {number} startedAt
 * @property {number} endedAt
 * @property {{ missed?: boolean } | null} end
 */

export class History {
  /** @type {PastCall[]} */
  calls = [];
  #store;
  #changed;
  #name = '';

  /**
   * @param {Keeper} store
   * @param {() => void} changed
   */
  constructor(store, changed) {
    this.#store = store;
    this.#changed = changed;
  }

  /**
   * Shows the calls of an account.
   * @param {string} account its SIP URI
   */
  open(account) {
    const name = `sipbridge.history.${account}`;
    if (name === this.#name) return;
    this.#name = name;
    this.calls = this.#store.list(name, pastCall);
    this.#changed();
  }

  /** How many missed calls the user has not seen. */
  get missed() {
    return this.calls.filter(({ missed, seen }) => missed && !seen).length;
  }

  /**
   * Notes a call that is over.
   * @param {EndedCall} call
   * @param {number} now
   */
  add({ direction, peer, startedAt, endedAt, end }, now = Date.now()) {
    this.calls.unshift({
      at: startedAt || now,
      direction: direction === 'incoming' ? 'incoming' : 'outgoing',
      name: peer.name,
      address: peer.address,
      seconds: startedAt ? Math.max(1, Math.round((endedAt - startedAt) / 1000)) : 0, // 0 says that nobody answered
      missed: Boolean(end?.missed),
      seen: false,
    });
    this.calls.length = Math.min(this.calls.length, length);
    this.#keep();
  }

  /** The user has looked at the list. */
  see() {
    if (this.missed === 0) return;
    for (const call of this.calls) call.seen = true;
    this.#keep();
  }

  clear() {
    this.calls = [];
    this.#keep();
  }

  #keep() {
    if (this.#name) this.#store.keep(this.#name, this.calls);
    this.#changed();
  }
}

/**
 * Makes a call of what was stored, or null.
 * @param {any} value
 * @returns {PastCall | null}
 */
function pastCall(value) {
  if (typeof value?.at !== 'number' || typeof value.address !== 'string') return null;
  return {
    at: value.at,
    direction: value.direction === 'incoming' ? 'incoming' : 'outgoing',
    name: String(value.name ?? value.address),
    address: value.address,
    seconds: Number(value.seconds) || 0,
    missed: value.missed === true,
    seen: value.seen === true,
  };
}
