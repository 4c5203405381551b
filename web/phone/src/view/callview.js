// The call: with whom, how it stands, how long, and what can be done with it.
import { clock } from '../duration.js';
import { initialOf } from '../peer.js';
import { element, setText } from './elements.js';

const stateWords = {
  preparing: 'Waiting for the microphone…',
  calling: 'Calling…',
  ringing: 'Ringing…',
  early: 'Ringing…',
  incoming: 'is calling you',
  answering: 'Answering…',
  resuming: 'Taking the call back…',
};

/** How many of the keys that were sent fit in a line. */
const keysShown = 16;

export class CallView {
  #call = null;

  constructor({ answer, decline, hangUp, toggleMute, toggleHold, connect }) {
    const clicks = { answer, decline, hangup: hangUp, mute: toggleMute, hold: toggleHold, connect };
    for (const [id, clicked] of Object.entries(clicks)) element(id).addEventListener('click', clicked);
    setInterval(() => this.#renderTimer(), 250);
  }

  render({ call, waiting, line }) {
    this.#call = call;
    element('phone').dataset.call = call?.state ?? 'none';
    element('talk').hidden = !call;
    this.#renderButtons(call, line?.connected ?? false);
    this.#renderWaiting(call, waiting);
    this.#renderTimer();
    if (!call) return;
    setText(element('peer'), call.peer.name);
    setText(element('peer-address'), call.peer.address);
    setText(element('peer-initial'), initialOf(call.peer.name));
    setText(element('call-state'), this.#words(call));
    setText(element('sent'), call.keys.slice(-keysShown));
  }

  #words(call) {
    if (call.state !== 'up') return stateWords[call.state];
    if (call.transfer) {
      return call.transfer.rings ? `Rings at ${call.transfer.name}…` : `Sending to ${call.transfer.name}…`;
    }
    if (call.interrupted) return 'The sound is interrupted…';
    if (call.hold.local) return call.hold.remote ? 'Both sides hold' : 'On hold';
    if (call.hold.remote) return `${call.peer.name} put you on hold`;
    return call.muted ? 'Connected, microphone muted' : 'Connected';
  }

  #renderButtons(call, connected) {
    const incoming = call?.state === 'incoming';
    element('answer').hidden = !incoming;
    element('decline').hidden = !incoming;
    element('hangup').hidden = !call || incoming;
    element('call').hidden = Boolean(call);
    element('controls').hidden = !call || incoming;
    const up = call?.state === 'up';
    element('mute').disabled = !up;
    element('hold').disabled = !up || call.hold.changing || !connected;
    this.#renderToggle('mute', call?.muted, 'Unmute', 'Mute');
    this.#renderToggle('hold', call?.hold.local, 'Resume', 'Hold');
  }

  /** Who waits while somebody else is asked; the two can be connected when that one talks to us. */
  #renderWaiting(call, waiting) {
    element('waiting').hidden = !waiting;
    element('connect').hidden = !waiting || call?.state !== 'up';
    element('connect').disabled = Boolean(waiting?.transfer);
    if (waiting) {
      setText(element('waiting'), waiting.transfer ? `Connecting ${waiting.peer.name}…` : `${waiting.peer.name} waits`);
    }
  }

  /** The words say what a click does. */
  #renderToggle(id, on, wordsOn, wordsOff) {
    element(id).dataset.on = String(Boolean(on));
    setText(element(`${id}-words`), on ? wordsOn : wordsOff);
  }

  #renderTimer() {
    const since = this.#call?.startedAt;
    setText(element('timer'), since ? clock(Date.now() - since) : '');
  }
}
