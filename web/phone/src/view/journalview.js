// @ts-check
// What happened, as a list.
import { timeOfDay } from '../duration.js';
import { element, make } from './elements.js';

/** @typedef {import('../journal.js').Entry} Entry */

export class JournalView {
  /** @type {Entry | null} */
  #shown = null;

  /** @param {{ journal: import('../journal.js').Journal }} phone */
  render({ journal }) {
    const newest = journal.entries[0] ?? null;
    if (newest === this.#shown) return;
    this.#shown = newest;
    element('log').replaceChildren(...journal.entries.map(entry));
  }
}

/** @param {Entry} entry */
function entry({ at, words, kind, detail }) {
  const item = make(
    'li',
    {},
    make('time', { dateTime: at.toISOString() }, timeOfDay(at)),
    make('span', {}, words, detail && make('small', {}, detail)),
  );
  item.dataset.kind = kind;
  return item;
}
