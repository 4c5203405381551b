// @ts-check
// What the browser keeps for the page: contacts and past calls for the next visit, chats until the tab closes. No
// passwords. A browser that keeps nothing still makes calls.

/** A place in a store of the browser, whose values are lists. */
export class Store {
  #storage;

  /** @param {() => Storage} storage asking for it may throw, too */
  constructor(storage) {
    this.#storage = storage;
  }

  /**
   * The list under a name, of what the check lets through; empty if there is none.
   * @template T
   * @param {string} name
   * @param {(value: any) => T | null} check makes an entry of what was stored, null of what is none
   * @returns {T[]}
   */
  list(name, check) {
    try {
      const kept = JSON.parse(this.#storage().getItem(name) ?? '[]');
      return (Array.isArray(kept) ? kept : []).map(check).filter((entry) => entry !== null);
    } catch {
      return []; // no storage, or not ours
    }
  }

  /**
   * @param {string} name
   * @param {object[]} entries
   */
  keep(name, entries) {
    try {
      this.#storage().setItem(name, JSON.stringify(entries));
    } catch {
      // Full, or forbidden: the page goes on without.
    }
  }
}
