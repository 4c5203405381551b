// Keeps the keyboard where it is useful: what had the focus may have gone from the page.
import { element } from './elements.js';

export class Focus {
  #place = '';

  /** Moves the focus when the page changes from form to dial field to call, and only then. */
  render({ signedIn, call }) {
    const place = placeFor(signedIn, call);
    if (place === this.#place) return;
    const first = this.#place === '';
    this.#place = place;
    if (first) return;
    element(place).focus({ preventScroll: true });
    element(place).select?.(); // typing replaces what was called last
  }
}

function placeFor(signedIn, call) {
  if (call) return 'talk';
  return signedIn ? 'target' : 'username';
}
