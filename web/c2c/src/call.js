// @ts-check
// The one call that a button places: a JsSIP agent that lives as long as the call.
//
//   idle -> asking -> calling -> ringing -> up -> over
//
// Every state can go to over.
import JsSIP from 'jssip';
import { wordsForEnd } from '../../phone/src/callwords.js';
import { usableServers } from '../../phone/src/offeredservers.js';
import { Refused, askForPass, socketURL } from './service.js';

/** How a call stands. */
export const states = Object.freeze({
  idle: 'idle',
  asking: 'asking',
  calling: 'calling',
  ringing: 'ringing',
  up: 'up',
  over: 'over',
});

/** How long to wait for more ICE candidates after the first, in milliseconds; JsSIP itself waits without limit. */
const gatheringTime = 1000;

export class Call {
  /** @type {string} one of states */
  state = states.idle;
  /** Why it is over, for the visitor. */
  words = '';
  /** True while the other side's own sound is heard before it has answered. */
  early = false;

  #service;
  #to;
  #changed;
  #hear;
  /** @type {any} */
  #agent = null;
  /** @type {any} */
  #session = null;

  /**
   * @param {string} service see askForPass
   * @param {string} to whom to call
   * @param {(call: Call) => void} changed told of every change
   * @param {(sound: MediaStream) => void} hear gets the other side's sound
   */
  constructor(service, to, changed, hear) {
    this.#service = service;
    this.#to = to;
    this.#changed = changed;
    this.#hear = hear;
  }

  /** Places the call. */
  async place() {
    this.#move(states.asking);
    try {
      const pass = await askForPass(this.#service, this.#to);
      if (this.state !== states.asking) return; // hung up before
      this.#connect(pass);
    } catch (fault) {
      this.#end(fault instanceof Refused ? fault.message : 'The browser could not set up the call.');
    }
  }

  hangup() {
    if (this.#session && !this.#session.isEnded()) this.#session.terminate();
    else this.#end('You hung up.');
  }

  /** @param {import('./service.js').Pass} pass */
  #connect(pass) {
    this.#agent = new JsSIP.UA({
      sockets: [new JsSIP.WebSocketInterface(socketURL(this.#service, pass))],
      uri: pass.from,
      register: false,
    });
    this.#agent.once('connected', () => this.#invite(pass));
    this.#agent.once('disconnected', () => {
      if (this.state === states.asking) this.#end('The service cannot be reached.');
    });
    this.#agent.start();
  }

  /** @param {import('./service.js').Pass} pass */
  #invite({ to, ice_servers: relays }) {
    this.#move(states.calling);
    const session = this.#agent.call(to, {
      mediaConstraints: { audio: true, video: false },
      pcConfig: { iceServers: usableServers(relays) },
      sessionTimersExpires: 120,
    });
    this.#session = session;
    session.connection?.addEventListener('track', (/** @type {RTCTrackEvent} */ { streams }) => this.#hear(streams[0]));
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let patience;
    session.on('icecandidate', (/** @type {any} */ { ready }) => (patience ??= setTimeout(ready, gatheringTime)));
    session.on('progress', (/** @type {any} */ { response }) => {
      this.early ||= Boolean(response?.body);
      this.#move(states.ringing);
    });
    session.on('accepted', () => this.#move(states.up));
    const over = (/** @type {any} */ end) => {
      clearTimeout(patience);
      this.#end(this.#wordsFor(end));
    };
    session.on('ended', over);
    session.on('failed', over);
  }

  /** @param {any} end what JsSIP tells */
  #wordsFor(end) {
    if (end.cause === 'User Denied Media Access') return 'This page may not use the microphone.';
    const call = { peer: 'The other side', direction: 'outgoing', established: this.state === states.up };
    return wordsForEnd(end, call).words;
  }

  /** @param {string} words */
  #end(words) {
    if (this.state === states.over) return;
    this.words = words;
    this.#move(states.over);
    this.#agent?.stop();
  }

  /** @param {string} state */
  #move(state) {
    if (this.state === states.over) return;
    this.state = state;
    this.#changed(this);
  }
}
