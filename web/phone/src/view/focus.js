// @ts-check
// Keeps the keyboard where it is useful: what had the focus may have gone from the page.
import { element } from './elements.js';

/** @typedef {Pick<import('../phone.js').Phone, 'signedIn' | 'call'>} Placed */

export class Focus {
  #place = '';

  /**
   * Moves the focus when the page changes from form to dial field to call, and only then; never away from what the user
   * writes, such as a text while a call comes in or ends.
   * @param {Placed} phone
   */
  render({ signedIn, call }) {
    const place = placeFor(signedIn, call);
    if (place === this.#place) return;
    const first = this.#place === '';
    this.#place = place;
    if (first || isWriting(document.activeElement)) return;
    const next = element(place);
    next.focus({ preventScroll: true });
    if (next instanceof HTMLInputElement) next.select(); // typing replaces what was called last
  }
}

/** @param {Element | null} focused */
function isWriting(focused) {
  return Boolean(focused?.matches('input, textarea') && focused.checkVisibility());
}

/** @param {Placed['signedIn']} signedIn @param {Placed['call']} call */
function placeFor(signedIn, call) {
  if (call) return 'talk';
  return signedIn ? 'target' : 'username';
}
