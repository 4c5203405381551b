// @ts-check
// The test: what is looked at, in which order, and with which account.
import { Line } from '../../phone/src/line.js';
import { Fault, until } from './checks.js';
import { advice, wordsForQuality } from './stats.js';
import { checkCandidates, checkMicrophone, checkPage } from './surroundings.js';
import { TestCall } from './testcall.js';

/** How long the echo is listened to, and, if there was none, a tone; in milliseconds. */
const echoTime = 5000;
const toneTime = 1500;
/** How long the service may take, in milliseconds. */
const serviceTime = 10_000;

export class Plan {
  #webSocket;
  #account;
  #makeLine;
  #makeCall;
  /** @type {any} */
  #line = null;
  /** @type {TestCall | null} */
  #call = null;

  /**
   * @param {string} webSocket
   * @param {any} account see accountFrom
   * @param {{ makeLine: (...given: any[]) => any, makeCall: () => any }} outside tests give their own
   */
  constructor(
    webSocket,
    account,
    {
      makeLine = (/** @type {[any, any, any]} */ ...given) => new Line(...given),
      makeCall = () => new TestCall(),
    } = /** @type {any} */ ({}),
  ) {
    this.#webSocket = webSocket;
    this.#account = account;
    this.#makeLine = makeLine;
    this.#makeCall = makeCall;
  }

  /** @returns {import('./checks.js').Step[]} */
  get steps() {
    return [
      { name: 'page', title: 'Page', run: () => checkPage() },
      { name: 'microphone', title: 'Microphone', run: () => checkMicrophone() },
      { name: 'websocket', title: 'WebSocket', run: () => this.connect() },
      { name: 'account', title: 'Account', run: () => this.register() },
      { name: 'candidates', title: 'Addresses', run: () => checkCandidates(this.#line?.iceServers ?? []) },
      { name: 'call', title: 'Call', run: () => this.callEcho() },
      { name: 'ice', title: 'Connection (ICE)', run: () => this.#call?.checkICE() ?? '' },
      { name: 'dtls', title: 'Encryption (DTLS)', run: () => this.#call?.checkDTLS() ?? '' },
      { name: 'echo', title: 'Echo', run: () => this.listenToEcho() },
    ];
  }

  /** Hangs up and signs out. */
  end() {
    this.#call?.hangUp();
    this.#line?.stop();
  }

  async connect() {
    const line = this.#makeLine(this.#webSocket, this.#account, { changed() {}, incoming() {}, trace() {} });
    this.#line = line;
    line.start();
    const { host } = new URL(this.#webSocket);
    await until(() => line.wasConnected || line.state === 'lost', serviceTime, `${host} does not answer.`);
    if (!line.wasConnected) throw new Fault(line.words);
    return `${host} takes SIP over WebSocket.`;
  }

  async register() {
    const line = this.#line;
    const over = () => line.state === 'registered' || line.state === 'failed' || line.state === 'lost';
    await until(over, serviceTime, 'The service does not answer the registration.');
    if (line.state !== 'registered') throw new Fault(line.words);
    return `The service knows ${this.#account.name}.`;
  }

  async callEcho() {
    this.#call = this.#makeCall();
    return this.#call?.place(this.#line, `sip:echo@${this.#account.domain}`) ?? '';
  }

  async listenToEcho() {
    const { quality, level } = (await this.#call?.listen(echoTime)) ?? failWithout();
    if (quality.sent === 0) throw new Fault('The browser sent no sound, though the microphone gave some.');
    if (quality.received > 0) return wordsForQuality(quality, level) + advice(quality, level);
    this.#call?.hangUp();
    throw new Fault(await this.#whichWay());
  }

  /** No echo came: whether a tone comes tells which way is broken. */
  async #whichWay() {
    const tone = this.#makeCall();
    this.#call = tone;
    try {
      await tone.place(this.#line, `sip:tone@${this.#account.domain}`);
      await tone.checkICE();
      const { quality } = await tone.listen(toneTime);
      if (quality.received > 0) {
        return (
          'One-way audio: you hear others, but nobody hears you. Your sound does not reach the service; a firewall ' +
          'on the way out lets only a part of UDP pass.'
        );
      }
    } catch {
      // The tone does not come either, however far it got.
    }
    return (
      'One-way audio: others may hear you, but you hear nobody. The sound of the service does not reach this browser; ' +
      'a firewall on the way in lets only a part of UDP pass.'
    );
  }
}

/** @returns {never} */
function failWithout() {
  throw new Fault('There is no call.');
}
