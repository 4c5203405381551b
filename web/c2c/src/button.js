// @ts-check
// The button, and what it says about its call.
import { Call, states } from './call.js';
import { RingBack } from './ringback.js';

/**
 * What the button and the line beside it say; "{text}" is the button's own text.
 * @type {Map<string, { button: string, line: string }>}
 */
const faces = new Map([
  [states.idle, { button: '{text}', line: '' }],
  [states.asking, { button: 'Hang up', line: 'Connecting…' }],
  [states.calling, { button: 'Hang up', line: 'Connecting…' }],
  [states.ringing, { button: 'Hang up', line: 'Ringing…' }],
  [states.up, { button: 'Hang up', line: 'Connected.' }],
  [states.over, { button: '{text}', line: '{words}' }],
]);

export class Button {
  #text;
  #button = document.createElement('button');
  #line = document.createElement('span');
  #sound = document.createElement('audio');
  #ringBack = new RingBack();
  #service;
  #to;
  /** @type {Call | null} */
  #call = null;

  /**
   * @param {{ service: string, to: string, text?: string, class?: string }} wish where the service is, whom to call, and how
   *   the button looks: its text, and a class for the page's style sheet
   */
  constructor({ service, to, text = 'Call us', class: name = 'c2c' }) {
    this.#service = service;
    this.#to = to;
    this.#text = text;
    this.#button.type = 'button';
    this.#button.className = name;
    this.#line.className = `${name}-state`;
    this.#line.setAttribute('role', 'status');
    this.#sound.autoplay = true;
    this.#button.addEventListener('click', () => this.#click());
    addEventListener('pagehide', () => this.#call?.hangup()); // who leaves the page lets nobody wait in silence
    this.#show();
  }

  /** What belongs into the page. */
  get parts() {
    return [this.#button, ' ', this.#line, this.#sound];
  }

  #click() {
    if (this.#call && this.#call.state !== states.over) {
      this.#call.hangup();
      return;
    }
    if (!globalThis.isSecureContext) {
      this.#line.textContent = 'A page without https has no microphone.';
      return;
    }
    this.#ringBack.prepare();
    this.#call = new Call(
      this.#service,
      this.#to,
      () => this.#show(),
      (sound) => (this.#sound.srcObject = sound),
    );
    this.#call.place();
  }

  #show() {
    const state = this.#call?.state ?? states.idle;
    const face = faces.get(state) ?? { button: '', line: '' };
    this.#button.textContent = face.button.replace('{text}', () => this.#text);
    this.#button.dataset.state = state;
    this.#line.textContent = face.line.replace('{words}', () => this.#call?.words ?? '');
    this.#ringBack.play(state === states.ringing && !this.#call?.early);
    if (state === states.over) this.#sound.srcObject = null;
  }
}
