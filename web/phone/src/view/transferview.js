// @ts-check
// The field for whom to send the other side to, shown when the user asks for it.
import { element } from './elements.js';

export class TransferView {
  #open = false;
  /** @type {object | null} */
  #call = null;

  /**
   * @param {{ transfer: (typed: string) => void, consult: (typed: string) => void }} asked to send the other side there,
   *   or to ask there first
   */
  constructor({ transfer, consult }) {
    element('transfer').addEventListener('click', () => this.#show(!this.#open));
    element('pass').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#done(event.submitter?.id === 'pass-ask' ? consult : transfer);
    });
  }

  /** @param {import('../phone.js').Phone} phone */
  render({ call, line, ready }) {
    if (call !== this.#call) this.#open = false;
    this.#call = call;
    const can = Boolean(call?.up && !call.transfer && line?.connected);
    element('transfer', HTMLButtonElement).disabled = !can;
    element('transfer').dataset.on = String(this.#open && can);
    element('pass').hidden = !this.#open || !can;
    element('pass-ask', HTMLButtonElement).disabled = !ready;
  }

  /** @param {boolean} open */
  #show(open) {
    this.#open = open;
    element('transfer').dataset.on = String(open);
    element('pass').hidden = !open;
    if (open) element('pass-target').focus();
  }

  /** @param {(typed: string) => void} what */
  #done(what) {
    const field = element('pass-target', HTMLInputElement);
    const typed = field.value;
    if (!typed.trim()) return;
    field.value = '';
    this.#show(false);
    what(typed);
  }
}
