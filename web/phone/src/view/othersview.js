// @ts-check
// The calls beside the one in which the user talks: those that wait, and those that ring.
import { wordsForState } from '../callnews.js';
import { initialOf } from '../peer.js';
import { element, make, refill } from './elements.js';

/**
 * @typedef {import('../call.js').Call} Call
 * @typedef {import('../phone.js').Phone} Phone
 * @typedef {(call: Call) => void} Asked
 */

export class OthersView {
  #asked;
  #shown = '';

  /** @param {{ answer: Asked, decline: Asked, switchTo: Asked, connect: Asked, hangUp: Asked }} asked */
  constructor(asked) {
    this.#asked = asked;
  }

  /** The list is made anew only when something in it changes, and the focus stays. @param {Phone} phone */
  render(phone) {
    const { others } = phone.calls;
    const connected = phone.line?.connected ?? false;
    const connectable = connected && (phone.call?.up ?? false);
    const shown = JSON.stringify([
      others.map((call) => [call.number, call.state, wordsForState(call), call.transfer !== null]),
      connectable && phone.call?.peer.name,
      connected,
    ]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    const rows = others.map((call) => this.#row(call, connectable ? (phone.call?.peer.name ?? '') : '', connected));
    element('others').hidden = rows.length === 0;
    refill(element('others'), ...rows);
  }

  /** @param {Call} call @param {string} active whom it can be connected with @param {boolean} connected */
  #row(call, active, connected) {
    const { name } = call.peer;
    const words = make(
      'span',
      { className: 'words' },
      make('b', { dir: 'auto' }, name),
      make('small', {}, wordsForState(call)),
    );
    const buttons = call.rings
      ? [
          this.#button(call, 'answer', 'Answer', `Answer ${name}`, 'good'),
          this.#button(call, 'decline', 'Decline', `Decline ${name}`, 'bad'),
        ]
      : this.#buttonsInCall(call, active, connected);
    const picture = make('span', { className: 'picture' }, initialOf(name));
    picture.ariaHidden = 'true';
    const row = make('li', {}, picture, words, make('span', { className: 'does' }, ...buttons));
    row.dataset.state = call.state;
    return row;
  }

  /** @param {Call} call @param {string} active @param {boolean} connected */
  #buttonsInCall(call, active, connected) {
    const { name } = call.peer;
    const buttons = [this.#button(call, 'hangUp', 'Hang up', `Hang up on ${name}`, 'plain')];
    if (!call.up || call.transfer || !connected) return buttons;
    if (active) buttons.unshift(this.#button(call, 'connect', 'Connect', `Connect ${name} with ${active}`, 'plain'));
    buttons.unshift(this.#button(call, 'switchTo', 'Swap', `Talk to ${name}`, 'accent'));
    return buttons;
  }

  /** @param {Call} call @param {'answer' | 'decline' | 'switchTo' | 'connect' | 'hangUp'} what @param {string} words @param {string} label @param {string} look */
  #button(call, what, words, label, look) {
    const button = make(
      'button',
      { type: 'button', id: `call-${call.number}-${what}`, className: `small ${look}` },
      words,
    );
    button.ariaLabel = label;
    button.title = label;
    button.addEventListener('click', () => this.#asked[what](call));
    return button;
  }
}
