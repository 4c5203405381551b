// @ts-check
// The head of the card: who is registered, how the line stands, and what the user should know.
import { LineState } from '../linestate.js';
import { stateWords } from '../linewords.js';
import { initialOf } from '../peer.js';
import { element, setText } from './elements.js';

export class LineView {
  /** @param {() => void} unregister */
  constructor(unregister) {
    element('unregister').addEventListener('click', unregister);
  }

  /** @param {import('../phone.js').Phone} phone */
  render({ line, message, signedIn }) {
    const state = line?.state ?? LineState.off;
    element('phone').dataset.line = state;
    setText(element('status'), stateWords[state]);
    setText(element('me'), signedIn && line ? nameOf(line.account) : 'Web phone');
    setText(element('me-initial'), signedIn && line ? initialOf(nameOf(line.account)) : '☏');
    element('unregister').hidden = !signedIn;
    element('desk').hidden = !signedIn;
    this.#renderMessage(message);
  }

  /** @param {import('../phone.js').Message | null} message */
  #renderMessage(message) {
    element('message').hidden = !message;
    element('message').dataset.kind = message?.kind ?? 'plain';
    setText(element('message'), message?.words ?? '');
  }
}

/** @param {import('../account.js').Account} account */
function nameOf({ displayName, name, domain }) {
  return displayName || `${name}@${domain}`;
}
