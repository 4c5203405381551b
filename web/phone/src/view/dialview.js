// The field for what to call, and what the page offers to call.
import { suggestionsFor } from '../suggestions.js';
import { element, make } from './elements.js';

export class DialView {
  /** Whether the field is shown beside a call, to place another one. */
  adding = false;
  #call = null;
  #dial;
  #facts = { numbers: [], accounts: [] };
  #offered = null;

  /** dial is called with what was typed, and with what a click chose. */
  constructor(dial) {
    this.#dial = dial;
    element('dial').addEventListener('submit', (event) => {
      event.preventDefault();
      dial(element('target').value);
    });
    element('add-call').addEventListener('click', () => this.#add());
  }

  /** Takes what the service offers. */
  fill(facts) {
    this.#facts = facts;
    this.#offered = null;
  }

  render({ line, call, ready }) {
    if (call !== this.#call) this.adding = false;
    this.#call = call;
    this.#show(ready);
    element('call').disabled = !ready;
    this.#offer(line?.account.name ?? '');
    for (const button of element('suggestions').children) button.disabled = !ready;
  }

  #add() {
    this.adding = !this.adding;
    this.#show(true);
    if (this.adding) element('target').select();
  }

  #show(ready) {
    const shown = !this.#call || this.adding;
    element('dial').hidden = !shown;
    element('call').hidden = !shown;
    element('add-call').disabled = !ready;
    element('add-call').dataset.on = String(this.adding);
  }

  /** Types a key of the dial pad where the cursor is, over what is selected. */
  type(key) {
    const target = element('target');
    target.setRangeText(key, target.selectionStart, target.selectionEnd, 'end');
  }

  #offer(me) {
    if (me === this.#offered) return;
    this.#offered = me;
    element('suggestions').replaceChildren(...suggestionsFor(this.#facts, me).map((each) => this.#button(each)));
  }

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
