// @ts-check
// One call: a session of JsSIP, the microphone that was opened for it, and what the other party sends.
//
//   new -> outbound -> active -> over
//   new -> inbound -> active -> over
import JsSIP from 'jssip';

export const State = Object.freeze({
  new: 'new',
  outbound: 'outbound',
  inbound: 'inbound',
  active: 'active',
  over: 'over',
});

/**
 * @typedef {object} Handlers
 * @property {() => void} accepted
 * @property {(status: number, phrase: string) => void} ringing
 * @property {(held: boolean) => void} held
 * @property {(byUs: boolean, failure: any) => void} over failure is that of JsSIP, or undefined for a call that was up
 */

/** All that a call needs beside its sound: candidates come from the service. */
const media = { pcConfig: { iceServers: [] } };

export class Call {
  /** @type {string} */
  state = State.new;
  /** @type {any} of JsSIP; null before there is one */
  session = null;
  #loudspeaker;
  /** @type {MediaStream | null} */
  #microphone = null;
  #byUs = false;
  /** Whether the loudspeaker, which all calls share, has what this one says. */
  #plays = false;

  /** @param {import('./loudspeaker.js').Loudspeaker} loudspeaker */
  constructor(loudspeaker) {
    this.#loudspeaker = loudspeaker;
  }

  get over() {
    return this.state === State.over;
  }

  /** Takes the microphone, which the call closes at its end. @param {MediaStream} microphone */
  take(microphone) {
    this.#microphone = microphone;
    if (this.over) this.#release();
  }

  /** Opens and closes the way of the microphone to the other party. @param {boolean} speaks */
  speak(speaks) {
    for (const track of this.#microphone?.getTracks() ?? []) track.enabled = speaks;
  }

  hasPictures() {
    const receivers = /** @type {RTCPeerConnection | undefined} */ (this.session?.connection)?.getTransceivers() ?? [];
    return receivers.some(
      ({ receiver, currentDirection }) => receiver.track.kind === 'video' && currentDirection !== 'inactive',
    );
  }

  /**
   * @param {any} agent of JsSIP
   * @param {string} target
   * @param {Handlers} handlers
   */
  place(agent, target, handlers) {
    this.state = State.outbound;
    try {
      const eventHandlers = { peerconnection: (/** @type {any} */ event) => this.#hear(event.peerconnection) };
      const session = agent.call(target, { ...media, ...this.#sent(), eventHandlers });
      this.follow(session, handlers);
    } catch (failure) {
      this.#ended(handlers, { cause: String(failure) });
    }
  }

  /**
   * @param {any} session of JsSIP
   * @param {Handlers} handlers
   */
  follow(session, handlers) {
    this.session = session;
    if (this.state === State.new) this.state = State.inbound;
    session.on('peerconnection', (/** @type {any} */ event) => this.#hear(event.peerconnection));
    session.on('progress', (/** @type {any} */ { originator, response }) => {
      if (originator === 'remote') handlers.ringing(response.status_code, response.reason_phrase);
    });
    session.on('confirmed', () => {
      if (this.state === State.outbound) this.#confirmed(handlers.accepted);
    });
    session.on('hold', (/** @type {any} */ { originator }) => originator === 'remote' && handlers.held(true));
    session.on('unhold', (/** @type {any} */ { originator }) => originator === 'remote' && handlers.held(false));
    session.on('failed', (/** @type {any} */ failure) => this.#ended(handlers, failure));
    session.on('ended', () => this.#ended(handlers, undefined));
  }

  /** Answers; accepted is called when the other party knows. @param {() => void} accepted */
  answer(accepted) {
    this.session.on('confirmed', () => this.#confirmed(accepted));
    this.session.answer({ ...media, ...this.#sent() });
  }

  /** Ends the call, if need be with a status. @param {{ status_code: number, reason_phrase: string }} [status] */
  end(status) {
    this.#byUs = true;
    if (!this.session || this.session.isEnded()) this.#release();
    else this.session.terminate(this.state === State.inbound ? status : undefined);
  }

  /** Presses a key; what is not exactly one is passed over, as the gateway did. @param {string} key */
  press(key) {
    if (this.state === State.active && /^[0-9*#A-D]$/.test(key)) {
      this.session.sendDTMF(key, { transportType: JsSIP.C.DTMF_TRANSPORT.RFC2833 });
    }
  }

  /** @param {boolean} holds */
  hold(holds) {
    if (this.state !== State.active) return;
    if (holds) this.session.hold();
    else this.session.unhold();
  }

  /** @param {string} text */
  say(text) {
    if (this.state !== State.active || text === '') return;
    this.session.sendRequest(JsSIP.C.MESSAGE, { extraHeaders: ['Content-Type: text/plain;charset=utf-8'], body: text });
  }

  #sent() {
    const mediaStream = this.#microphone;
    return { mediaStream, mediaConstraints: { audio: true, video: (mediaStream?.getVideoTracks().length ?? 0) > 0 } };
  }

  /** @param {RTCPeerConnection} connection */
  #hear(connection) {
    connection.addEventListener('track', ({ streams: [stream] }) => {
      this.#plays = true;
      this.#loudspeaker.play(stream);
    });
  }

  /** @param {() => void} accepted */
  #confirmed(accepted) {
    this.state = State.active;
    accepted();
  }

  /**
   * @param {Handlers} handlers
   * @param {any} failure
   */
  #ended(handlers, failure) {
    if (this.over) return;
    this.#release();
    handlers.over(this.#byUs, failure);
  }

  #release() {
    this.state = State.over;
    for (const track of this.#microphone?.getTracks() ?? []) track.stop();
    if (this.#plays) this.#loudspeaker.play(null);
    this.#plays = false;
  }
}
