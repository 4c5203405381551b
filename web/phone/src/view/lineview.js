// @ts-check
// The head of the card: who is registered, how the line stands, and what the user should know.
import { LineState } from '../linestate.js';
import { stateWords } from '../linewords.js';
import { initialOf } from '../peer.js';
import { element, make, setText } from './elements.js';

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
    renderName(signedIn && line ? nameOf(line.account) : 'Web phone');
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

/** An address that is too long for a line is broken before its domain. @param {string} name */
function renderName(name) {
  if (element('me').textContent === name) return;
  const at = name.lastIndexOf('@');
  const parts = at > 0 ? [name.slice(0, at), make('wbr'), name.slice(at)] : [name];
  element('me').replaceChildren(...parts);
}

/** @param {import('../account.js').Account} account */
function nameOf({ displayName, name, domain }) {
  return displayName || `${name}@${domain}`;
}
