// @ts-check
// The field for what to call, and what the page offers to call.
import { suggestionsFor } from '../suggestions.js';
import { element, make } from './elements.js';

/**
 * @typedef {import('../phone.js').Phone} Phone
 * @typedef {Pick<import('../facts.js').Facts, 'numbers' | 'accounts'>} Offered
 */

export class DialView {
  /** Whether the field is shown beside a call, to place another one. */
  adding = false;
  /** @type {Phone['call']} */
  #call = null;
  #dial;
  /** @type {Offered} */
  #facts = { numbers: [], accounts: [] };
  /** For whom something is offered. @type {string | null} */
  #offered = null;
  #target = element('target', HTMLInputElement);

  /** @param {(target: string) => void} dial called with what was typed, and with what a click chose */
  constructor(dial) {
    this.#dial = dial;
    element('dial').addEventListener('submit', (event) => {
      event.preventDefault();
      dial(this.#target.value);
    });
    element('add-call').addEventListener('click', () => this.#add());
  }

  /** Takes what the service offers. @param {Offered} facts */
  fill(facts) {
    this.#facts = facts;
    this.#offered = null;
  }

  /** @param {Phone} phone */
  render({ line, call, ready }) {
    if (call !== this.#call) this.adding = false;
    this.#call = call;
    this.#show(ready);
    element('call', HTMLButtonElement).disabled = !ready;
    this.#offer(line?.account.name ?? '');
    for (const button of element('suggestions').querySelectorAll('button')) button.disabled = !ready;
  }

  #add() {
    this.adding = !this.adding;
    this.#show(true);
    if (this.adding) this.#target.select();
  }

  /** @param {boolean} ready */
  #show(ready) {
    const shown = !this.#call || this.adding;
    element('dial').hidden = !shown;
    element('call').hidden = !shown;
    element('add-call', HTMLButtonElement).disabled = !ready;
    element('add-call').dataset.on = String(this.adding);
  }

  /** Types a key of the dial pad where the cursor is, over what is selected. @param {string} key */
  type(key) {
    const { value, selectionStart, selectionEnd } = this.#target;
    this.#target.setRangeText(key, selectionStart ?? value.length, selectionEnd ?? value.length, 'end');
  }

  /** @param {string} me */
  #offer(me) {
    if (me === this.#offered) return;
    this.#offered = me;
    element('suggestions').replaceChildren(...suggestionsFor(this.#facts, me).map((each) => this.#button(each)));
  }

  /** @param {import('../suggestions.js').Suggestion} suggestion */
  #button({ target, hint }) {
    const button = make(
      'button',
      { type: 'button', id: `dial-${target}` },
      make('strong', {}, target),
      make('span', {}, hint),
    );
    button.addEventListener('click', () => this.#dial(target));
    return button;
  }
}
