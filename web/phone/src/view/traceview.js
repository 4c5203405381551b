// @ts-check
// The SIP messages of the page, to read, to copy and to keep.
import { timeOfDay } from '../duration.js';
import { firstLine } from '../trace.js';
import { element, make, setText } from './elements.js';

/** How long the page says that it has copied, in milliseconds. */
const sayingTime = 2000;

export class TraceView {
  #trace;
  /** @type {WeakMap<import('../trace.js').Message, HTMLLIElement>} */
  #items = new WeakMap();

  /** @param {import('../trace.js').Trace} trace */
  constructor(trace) {
    this.#trace = trace;
    element('trace-copy').addEventListener('click', () => void this.#copy());
    element('trace-download').addEventListener('click', () => this.#download());
    element('trace-clear').addEventListener('click', () => trace.clear());
    element('trace-box').addEventListener('click', () => this.render());
  }

  /** Draws what is new, if the box is open. */
  render() {
    const list = element('trace');
    if (!list.checkVisibility()) return;
    const items = this.#trace.messages.map((message) => this.#itemOf(message));
    if (items.length === list.children.length && items.at(-1) === list.lastElementChild) return;
    list.replaceChildren(...items);
    if (element('log_scroll', HTMLInputElement).checked) list.scrollTop = list.scrollHeight;
  }

  /** @param {import('../trace.js').Message} message */
  #itemOf(message) {
    const known = this.#items.get(message);
    if (known) return known;
    const head = make(
      'summary',
      {},
      make('time', { dateTime: message.at.toISOString() }, timeOfDay(message.at)),
      ` ${message.way === 'in' ? '←' : '→'} ${firstLine(message.text)}`,
    );
    const item = make('li', {}, make('details', {}, head, make('pre', {}, message.text)));
    item.dataset.way = message.way;
    this.#items.set(message, item);
    return item;
  }

  async #copy() {
    let words = 'Copied';
    try {
      await navigator.clipboard.writeText(this.#trace.text);
    } catch {
      words = 'The browser does not allow it: use Download';
    }
    setText(element('trace-told'), words);
    setTimeout(() => setText(element('trace-told'), ''), sayingTime);
  }

  #download() {
    const url = URL.createObjectURL(new Blob([this.#trace.text], { type: 'text/plain' }));
    make('a', { href: url, download: 'sip-messages.txt' }).click();
    setTimeout(() => URL.revokeObjectURL(url), 0);
  }
}
