// @ts-check
// The button by which the user lets the browser tell of calls while the page is not looked at.
import { element, setText } from './elements.js';

/** @type {Record<string, string>} */
const words = {
  granted: 'The browser notifies you of calls while this page is in the background.',
  denied: 'Notifications of calls are blocked. Allow them beside the address bar.',
  default: 'The browser can notify you of calls while this page is in the background.',
  unsupported: 'This browser cannot notify you of calls while this page is in the background.',
};

export class NoticesView {
  #notices;

  /** @param {import('../notices.js').Notices} notices */
  constructor(notices) {
    this.#notices = notices;
    element('notices-allow').addEventListener('click', () => void notices.ask().then(() => this.render()));
    this.render();
  }

  render() {
    setText(element('notices-state'), words[this.#notices.permission] ?? '');
    element('notices-allow').hidden = this.#notices.permission !== 'default';
  }
}
