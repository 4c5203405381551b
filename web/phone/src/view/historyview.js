// @ts-check
// Past calls: a click calls again, or writes.
import { clock, timeOfDay } from '../duration.js';
import { element, make, refill, setText } from './elements.js';

/** @typedef {import('../history.js').PastCall} PastCall */

export class HistoryView {
  #history;
  #call;
  #drawn = '';

  /**
   * @param {import('../history.js').History} history
   * @param {(address: string) => void} call
   */
  constructor(history, call) {
    this.#history = history;
    this.#call = call;
    element('history-clear').addEventListener('click', () => history.clear());
    for (const event of ['pointerdown', 'focusin']) {
      element('history-box').addEventListener(event, () => history.see());
    }
  }

  /** @param {{ ready: boolean }} phone */
  render({ ready }) {
    const { calls, missed } = this.#history;
    const words = missed ? String(missed) : '';
    for (const id of ['history-missed', 'badge-people']) {
      setText(element(id), words);
      element(id).title = words && `${words} missed`;
    }
    const now = JSON.stringify([calls, ready]);
    if (now === this.#drawn) return;
    this.#drawn = now;
    refill(element('history'), ...calls.map((call) => this.#item(call, ready)));
    element('history-clear').hidden = calls.length === 0;
  }

  /**
   * @param {PastCall} call
   * @param {boolean} ready
   */
  #item(call, ready) {
    const when = new Date(call.at);
    const names = make(
      'span',
      { className: 'names' },
      make('b', { dir: 'auto' }, call.name),
      make('small', {}, wordsFor(call)),
    );
    const time = make('time', { dateTime: when.toISOString() }, timeWords(when));
    const id = `call-again-${call.at}`;
    const again = make('button', { type: 'button', id, className: 'quiet', disabled: !ready }, 'Call');
    again.ariaLabel = `Call ${call.name} again`;
    again.addEventListener('click', () => this.#call(call.address));
    const item = make('li', { title: call.address }, names, time, again);
    item.dataset.kind = call.missed ? 'missed' : call.direction;
    return item;
  }
}

/** @param {PastCall} call */
function wordsFor({ direction, missed, seconds }) {
  if (missed) return '↙ missed';
  const way = direction === 'incoming' ? '↙ incoming' : '↗ outgoing';
  return seconds ? `${way}, ${clock(seconds * 1000)}` : `${way}, not answered`;
}

/** The time of today, else the day. @param {Date} when */
function timeWords(when) {
  const today = when.toDateString() === new Date().toDateString();
  return today ? timeOfDay(when).slice(0, 5) : when.toLocaleDateString([], { day: 'numeric', month: 'short' });
}
