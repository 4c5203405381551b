// What happened, newest first: for the user to read, and to show to whoever helps.

/** How many entries are kept. */
const length = 100;

export class Journal {
  /** Each { at, words, kind, detail }; kind is 'plain', 'good' or 'bad'. */
  entries = [];
  #changed;

  /** changed is called after every new entry. */
  constructor(changed) {
    this.#changed = changed;
  }

  /** Writes an entry; detail is for experts, such as a Call-ID. Says the same thing once, not again and again. */
  write(words, kind = 'plain', detail = '') {
    if (!words || this.entries[0]?.words === words) return;
    this.entries.unshift({ at: new Date(), words, kind, detail });
    this.entries.length = Math.min(this.entries.length, length);
    this.#changed();
  }
}
