// @ts-check
// What happened, newest first: for the user to read, and to show to whoever helps.

/** How many entries are kept. */
const length = 100;

/** @typedef {{ at: Date, words: string, kind: 'plain' | 'good' | 'bad', detail: string }} Entry */

export class Journal {
  /** @type {Entry[]} */
  entries = [];
  #changed;

  /** @param {() => void} changed called after every new entry */
  constructor(changed) {
    this.#changed = changed;
  }

  clear() {
    this.entries = [];
    this.#changed();
  }

  /**
   * Writes an entry. Says the same thing once, not again and again.
   * @param {string} words
   * @param {Entry['kind']} kind
   * @param {string} detail for experts, such as a Call-ID
   */
  write(words, kind = 'plain', detail = '') {
    if (!words || this.entries[0]?.words === words) return;
    this.entries.unshift({ at: new Date(), words, kind, detail });
    this.entries.length = Math.min(this.entries.length, length);
    this.#changed();
  }
}
