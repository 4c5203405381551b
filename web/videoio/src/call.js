// @ts-check
// One call: a session of JsSIP, the microphone and camera that were opened for it, and what the other party sends.
//
//   new -> outbound -> active -> over
//   new -> inbound -> active -> over
import JsSIP from 'jssip';
import { Microphone } from './microphone.js';
import { fits } from './words.js';

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
 * @property {(text: string) => void} data what sendData of the other party sent
 * @property {(byUs: boolean, failure: any) => void} over failure is that of JsSIP, or undefined for a call that was up
 */

/**
 * @typedef {object} Wanted what is to become of the microphone, the camera and what comes
 * @property {boolean} sound
 * @property {boolean} pictures
 * @property {number} gain of the microphone, 0 to 1
 * @property {number} bandwidth of the camera: at most so many bytes a second, 0 for as many as it takes
 * @property {number} buffer seconds to keep before they are played, negative for what the browser thinks
 */

/** The body of sendData, in INFO: no phone shows it. */
const dataType = 'application/vnd.videoio.data';

/** How long to wait for more ICE candidates after the first, in milliseconds: JsSIP waits as long as a relay is silent. */
const gatheringTime = 1000;

export class Call {
  /** @type {string} */
  state = State.new;
  /** @type {any} of JsSIP; null before there is one */
  session = null;
  #screen;
  #iceServers;
  /** @type {MediaStream | null} */
  #stream = null;
  /** @type {Microphone | null} */
  #microphone = null;
  /** @type {Wanted | null} */
  #wanted = null;
  #byUs = false;
  /** @type {unknown} of the description that is being made */
  #lastReady = null;
  /** Whether the screen, which all calls share, has what this one says. */
  #plays = false;

  /**
   * @param {import('./screen.js').Screen} screen
   * @param {RTCIceServer[]} iceServers the relays that may be used
   */
  constructor(screen, iceServers) {
    this.#screen = screen;
    this.#iceServers = iceServers;
  }

  get over() {
    return this.state === State.over;
  }

  /** What is sent, once it is open. */
  get stream() {
    return this.#stream;
  }

  /** How loud the microphone is, 0 to 1. */
  get level() {
    return this.#microphone?.level() ?? 0;
  }

  /** @returns {RTCPeerConnection | null} */
  get peer() {
    return this.session?.connection ?? null;
  }

  /** Takes what to send; the call closes it at its end. @param {MediaStream} stream */
  take(stream) {
    this.#stream = stream;
    this.#microphone = new Microphone(stream);
    if (this.over) this.#release();
  }

  /** @param {Wanted} wanted */
  want(wanted) {
    this.#wanted = wanted;
    for (const track of this.#stream?.getTracks() ?? []) {
      track.enabled = track.kind === 'audio' ? wanted.sound : wanted.pictures;
    }
    const track = this.#microphone?.amplified(wanted.gain);
    for (const { sender, receiver } of this.peer?.getTransceivers() ?? []) {
      if (sender.track?.kind === 'audio' && track && sender.track !== track) void sender.replaceTrack(track);
      if (sender.track?.kind === 'video') limit(sender, wanted.bandwidth);
      delay(receiver, wanted.buffer);
    }
  }

  /**
   * Whether a request belongs to this call.
   * @param {{ call_id: string, from_tag: string, to_tag: string | null }} request
   */
  has({ call_id: callID, from_tag: from, to_tag: to }) {
    return this.state === State.active && [from, to].some((tag) => this.session.id === callID + tag);
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
      const session = agent.call(target, { ...this.#media(), eventHandlers });
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
    session.on('icecandidate', (/** @type {any} */ { ready }) => this.#limitGathering(ready));
    session.on('progress', (/** @type {any} */ { originator, response }) => {
      if (originator === 'remote') handlers.ringing(response.status_code, response.reason_phrase);
    });
    session.on('confirmed', () => {
      if (this.state === State.outbound) this.#confirmed(handlers.accepted);
    });
    session.on('hold', (/** @type {any} */ { originator }) => this.#held(originator, true, handlers));
    session.on('unhold', (/** @type {any} */ { originator }) => this.#held(originator, false, handlers));
    session.on('newInfo', (/** @type {any} */ { originator, info }) => {
      if (originator === 'remote' && info.contentType?.split(';')[0] === dataType) handlers.data(info.body);
    });
    session.on('failed', (/** @type {any} */ failure) => this.#ended(handlers, failure));
    session.on('ended', () => this.#ended(handlers, undefined));
  }

  /** Answers; accepted is called when the other party knows. @param {() => void} accepted */
  answer(accepted) {
    this.session.on('confirmed', () => this.#confirmed(accepted));
    this.session.answer(this.#media());
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
    if (this.state !== State.active || !fits(text)) return;
    this.session.sendRequest(JsSIP.C.MESSAGE, { extraHeaders: ['Content-Type: text/plain;charset=utf-8'], body: text });
  }

  /** Sends a text beside the stream. @param {string} text */
  send(text) {
    if (this.state === State.active && fits(text)) this.session.sendInfo(`${dataType};charset=utf-8`, text);
  }

  #media() {
    const mediaStream = this.#stream;
    const mediaConstraints = { audio: true, video: (mediaStream?.getVideoTracks().length ?? 0) > 0 };
    return { mediaStream, mediaConstraints, pcConfig: { iceServers: this.#iceServers } };
  }

  /** JsSIP hands out one ready function for each description it makes. @param {() => void} ready */
  #limitGathering(ready) {
    if (ready === this.#lastReady) return;
    this.#lastReady = ready;
    setTimeout(ready, gatheringTime);
  }

  /** @param {RTCPeerConnection} connection */
  #hear(connection) {
    connection.addEventListener('track', ({ streams: [stream] }) => {
      this.#plays = true;
      this.#screen.play(stream);
    });
  }

  /**
   * @param {string} originator
   * @param {boolean} held
   * @param {Handlers} handlers
   */
  #held(originator, held, handlers) {
    if (!held && this.#wanted) this.want(this.#wanted); // JsSIP has opened all tracks
    if (originator === 'remote') handlers.held(held);
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
    this.#microphone?.close();
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = this.#microphone = null;
    if (this.#plays) this.#screen.play(null);
    this.#plays = false;
  }
}

/**
 * @param {RTCRtpSender} sender
 * @param {number} bandwidth bytes a second
 */
function limit(sender, bandwidth) {
  const parameters = sender.getParameters();
  const [encoding] = parameters.encodings ?? [];
  const bits = bandwidth > 0 ? 8 * bandwidth : undefined;
  if (!encoding || encoding.maxBitrate === bits) return;
  encoding.maxBitrate = bits;
  sender.setParameters(parameters).catch(() => {}); // it is an upper bound, not a promise
}

/**
 * @param {RTCRtpReceiver & { jitterBufferTarget?: number | null }} receiver
 * @param {number} seconds
 */
function delay(receiver, seconds) {
  if (!('jitterBufferTarget' in receiver)) return;
  receiver.jitterBufferTarget = seconds >= 0 ? 1000 * Math.min(seconds, 4) : null;
}
