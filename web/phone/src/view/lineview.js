// The head of the card: who is registered, how the line stands, and what the user should know.
import { stateWords } from '../linewords.js';
import { initialOf } from '../peer.js';
import { element, setText } from './elements.js';

export class LineView {
  constructor(unregister) {
    element('unregister').addEventListener('click', unregister);
  }

  render({ line, message, signedIn }) {
    const state = line?.state ?? 'off';
    element('phone').dataset.line = state;
    setText(element('status'), stateWords[state]);
    setText(element('me'), signedIn && line ? nameOf(line.account) : 'Web phone');
    setText(element('me-initial'), signedIn && line ? initialOf(nameOf(line.account)) : '☏');
    element('unregister').hidden = !signedIn;
    element('desk').hidden = !signedIn;
    this.#renderMessage(message);
  }

  #renderMessage(message) {
    element('message').hidden = !message;
    element('message').dataset.kind = message?.kind ?? 'plain';
    setText(element('message'), message?.words ?? '');
  }
}

function nameOf({ displayName, name, domain }) {
  return displayName || `${name}@${domain}`;
}
