// @ts-check
// A call for the test: placed with the microphone, looked at by its connection, and hung up.
import { wordsForEnd } from '../../phone/src/callwords.js';
import { closeMicrophone, openMicrophone } from '../../phone/src/microphone.js';
import { Fault, until } from './checks.js';
import { Meter } from './meter.js';
import { between, carriedIn } from './stats.js';

/** How long each step may take, in milliseconds. */
const limits = Object.freeze({ answer: 15_000, ice: 10_000, path: 2000, dtls: 8000 });

/** How long JsSIP may look for addresses after the first, in milliseconds; it would wait without limit. */
const gathering = 1000;

const blocked =
  'No packet gets through between this browser and the service: UDP is blocked, by a firewall or a VPN. ' +
  'The service needs its WebRTC port open for UDP, and must know the address at which browsers reach it; ' +
  'or it takes sound by TCP (listen.webrtc_tcp), or has a relay (listen.turn).';

export class TestCall {
  /** @type {MediaStream | null} */
  #microphone = null;
  #session = /** @type {any} */ (null);
  #answered = false;
  /** Why the call is over, in words; '' while it is not. */
  #end = '';
  /** @type {Meter | null} */
  #meter = null;

  /**
   * Places the call and waits for its answer.
   * @param {{ call: (uri: string, options: any) => any }} line
   * @param {string} uri
   */
  async place(line, uri) {
    this.#microphone = await openMicrophone();
    this.#session = line.call(uri, {
      mediaStream: this.#microphone,
      mediaConstraints: { audio: true, video: false },
      pcConfig: {},
    });
    this.#listen(uri.replace(/^sip:|@.*/g, ''));
    await until(() => this.#answered || this.#end, limits.answer, 'The service did not answer the call.');
    if (!this.#answered) throw new Fault(this.#end);
    return 'The service answered the call.';
  }

  /** Waits until packets get through (RFC 8445). */
  async checkICE() {
    const connected = () => ['connected', 'completed'].includes(this.#connection.iceConnectionState);
    const failed = () => this.#connection.iceConnectionState === 'failed' || this.#end;
    await until(() => connected() || failed(), limits.ice, blocked);
    if (!connected()) throw new Fault(blocked);
    return `Packets get through (${await this.#path()}).`;
  }

  /** Waits for the keys of the sound (RFC 5764). */
  async checkDTLS() {
    const words =
      'Packets get through, but no keys: the DTLS handshake did not come to its end. A firewall lets only a part of ' +
      'UDP pass, or changes it.';
    const state = () => this.#connection.connectionState;
    await until(() => state() === 'connected' || state() === 'failed' || this.#end, limits.dtls, words);
    if (state() !== 'connected') throw new Fault(words);
    return 'The sound is encrypted, with keys that only this browser and the service know.';
  }

  /**
   * Listens for a time.
   * @param {number} milliseconds
   */
  async listen(milliseconds) {
    this.#hear();
    const before = await this.#carried();
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    if (this.#end) throw new Fault(`The call ended too early. ${this.#end}`);
    const quality = between(before, await this.#carried());
    return { quality, level: this.#meter?.loudest ?? -Infinity };
  }

  hangUp() {
    this.#meter?.close();
    if (this.#session && !this.#session.isEnded()) this.#session.terminate();
    closeMicrophone(this.#microphone);
  }

  /** The path by which packets go; the browser's statistics may know it some time later than ICE does. */
  async #path() {
    const end = Date.now() + limits.path;
    for (;;) {
      const { path } = await this.#carried();
      if (path) return path;
      if (Date.now() > end) return 'by an unknown path';
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** @returns {RTCPeerConnection} */
  get #connection() {
    return this.#session.connection;
  }

  /** @param {string} peer */
  #listen(peer) {
    const session = this.#session;
    let limited = false;
    session.on('icecandidate', (/** @type {any} */ { ready }) => {
      if (!limited) setTimeout(ready, gathering);
      limited = true;
    });
    session.on('confirmed', () => {
      this.#answered = true;
    });
    for (const over of ['failed', 'ended']) {
      session.on(over, (/** @type {any} */ end) => {
        this.#end = wordsForEnd(end, { peer }).words;
      });
    }
  }

  /** Measures what comes, and plays it: some browsers decode only what is played. */
  #hear() {
    const tracks = this.#connection.getReceivers().map(({ track }) => track);
    const stream = new MediaStream(tracks.filter(({ kind }) => kind === 'audio'));
    const voice = document.querySelector('audio');
    if (voice) {
      voice.srcObject = stream;
      voice.play().catch(() => {}); // it is measured even if the browser wants a click first
    }
    this.#meter = new Meter(stream);
  }

  async #carried() {
    return carriedIn((await this.#connection.getStats()).values());
  }
}
