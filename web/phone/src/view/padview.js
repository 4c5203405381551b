// @ts-check
// The dial pad: types into the field when idle, sends keys in a call. The keyboard's own keys do the same in a call.
import { keyFromKeyboard, keys } from '../keys.js';
import { element, make } from './elements.js';

/** The parts of ids for keys that are no letters or digits. */
const idParts = new Map([
  ['*', 'star'],
  ['#', 'hash'],
]);
/** How long a key that was pressed on the keyboard looks pressed, in milliseconds. */
const pressedTime = 150;

export class PadView {
  #inCall = false;
  #press;

  /** @param {(key: string) => void} press called with each key */
  constructor(press) {
    this.#press = press;
    element('pad').replaceChildren(...keys.map(([key, letters]) => this.#button(key, letters)));
    document.addEventListener('keydown', (event) => this.#keyboard(event));
  }

  /** @param {import('../phone.js').Phone} phone */
  render({ call }) {
    this.#inCall = Boolean(call);
    const deaf = call && call.state !== 'up' && call.state !== 'early';
    for (const button of element('pad').querySelectorAll('button')) button.disabled = Boolean(deaf);
  }

  /** @param {string} key @param {string} letters */
  #button(key, letters) {
    const button = make(
      'button',
      { type: 'button', id: idOf(key), ariaLabel: `Key ${idParts.get(key) ?? key}` },
      make('b', {}, key),
      make('small', {}, letters),
    );
    button.addEventListener('click', () => this.#press(key));
    return button;
  }

  /** @param {KeyboardEvent} event */
  #keyboard(event) {
    const key = keyFromKeyboard(event);
    if (!this.#inCall || !key || isTyping(event.target)) return;
    const button = element(idOf(key));
    button.click();
    button.classList.add('pressed');
    setTimeout(() => button.classList.remove('pressed'), pressedTime);
  }
}

/** Whether what is pressed goes into a field, or chooses from a list: that is nobody else's. @param {EventTarget | null} target */
function isTyping(target) {
  return target instanceof Element && target.closest('input, textarea, select') !== null;
}

/** @param {string} key */
function idOf(key) {
  return `key-${idParts.get(key) ?? key}`;
}
