// @ts-check
// The call: with whom, how it stands, how long, and what can be done with it.
import { wordsForState } from '../callnews.js';
import { clock } from '../duration.js';
import { initialOf } from '../peer.js';
import { element, setText } from './elements.js';

/** How many of the keys that were sent fit in a line. */
const keysShown = 16;

/** @typedef {import('../call.js').Call} Call */

export class CallView {
  /** @type {Call | null} */
  #call = null;

  /**
   * @param {Record<'answer' | 'answerOtherwise' | 'decline' | 'hangUp' | 'toggleMute' | 'toggleHold', () => void>} asked
   */
  constructor({ answer, answerOtherwise, decline, hangUp, toggleMute, toggleHold }) {
    const clicks = {
      answer,
      'answer-otherwise': answerOtherwise,
      decline,
      hangup: hangUp,
      mute: toggleMute,
      hold: toggleHold,
    };
    for (const [id, clicked] of Object.entries(clicks)) element(id).addEventListener('click', () => clicked());
    setInterval(() => this.#renderTimer(), 250);
  }

  /** @param {import('../phone.js').Phone} phone */
  render({ call, calls, line }) {
    this.#call = call;
    setText(element('answer-otherwise-words'), calls.showsCamera ? 'Answer without camera' : 'Answer with camera');
    element('phone').dataset.call = call?.state ?? 'none';
    element('talk').hidden = !call;
    this.#renderButtons(call, line?.connected ?? false);
    this.#renderTimer();
    if (!call) return;
    setText(element('peer'), call.peer.name);
    setText(element('peer-address'), call.peer.address);
    setText(element('peer-place'), call.peer.whereabouts ? `Says to be at ${call.peer.whereabouts}` : '');
    setText(element('peer-initial'), initialOf(call.peer.name));
    setText(element('call-state'), wordsForState(call));
    setText(element('sent'), call.keys.slice(-keysShown));
  }

  /** @param {Call | null} call @param {boolean} connected */
  #renderButtons(call, connected) {
    const incoming = call?.rings ?? false;
    element('answer').hidden = !incoming;
    element('answer-otherwise').hidden = !incoming || !call?.media.pictures.expected;
    element('decline').hidden = !incoming;
    element('hangup').hidden = !call || incoming;
    element('controls').hidden = !call || incoming;
    const up = call?.up ?? false;
    element('mute', HTMLButtonElement).disabled = !up;
    element('hold', HTMLButtonElement).disabled = !up || !connected || (call?.hold.changing ?? false);
    this.#renderToggle('mute', call?.muted, 'Unmute', 'Mute');
    this.#renderToggle('hold', call?.hold.local, 'Resume', 'Hold');
  }

  /** The words say what a click does. @param {string} id @param {boolean | undefined} on @param {string} wordsOn @param {string} wordsOff */
  #renderToggle(id, on, wordsOn, wordsOff) {
    element(id).dataset.on = String(Boolean(on));
    setText(element(`${id}-words`), on ? wordsOn : wordsOff);
  }

  #renderTimer() {
    const since = this.#call?.startedAt;
    setText(element('timer'), since ? clock(Date.now() - since) : '');
  }
}
