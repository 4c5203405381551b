// The field for whom to send the other side to, shown when the user asks for it.
import { element } from './elements.js';

export class TransferView {
  #open = false;
  #call = null;

  /** transfer is called with whom to send the other side to, consult with whom to ask first. */
  constructor({ transfer, consult }) {
    element('transfer').addEventListener('click', () => this.#show(!this.#open));
    element('pass').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#done(event.submitter?.id === 'pass-ask' ? consult : transfer);
    });
  }

  render({ call, waiting, line }) {
    if (call !== this.#call) this.#open = false;
    this.#call = call;
    const can = call?.state === 'up' && !call.transfer && !waiting && Boolean(line?.connected);
    element('transfer').disabled = !can;
    element('transfer').dataset.on = String(this.#open && can);
    element('pass').hidden = !this.#open || !can;
  }

  #show(open) {
    this.#open = open;
    element('transfer').dataset.on = String(open);
    element('pass').hidden = !open;
    if (open) element('pass-target').focus();
  }

  #done(what) {
    const typed = element('pass-target').value;
    if (!typed.trim()) return;
    element('pass-target').value = '';
    this.#show(false);
    what(typed);
  }
}
