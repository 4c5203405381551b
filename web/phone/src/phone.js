// @ts-check
// The phone: one line, its calls, and what the user may do with them. It knows nothing of the page.
import { accountFrom } from './account.js';
import { Calls } from './calls.js';
import { Journal } from './journal.js';
import { keptCall } from './kept.js';
import { Line } from './line.js';
import { openCamera, openMicrophone } from './microphone.js';

/**
 * @typedef {import('./account.js').Account} Account
 * @typedef {{ words: string, kind: 'plain' | 'good' | 'bad', about: 'line' | 'call' }} Message
 *
 * @typedef {object} Outside what the phone needs from outside; tests give their own
 * @property {(webSocket: string, account: Account, listener: import('./line.js').LineListener) => Line} makeLine
 * @property {() => Promise<MediaStream>} openMicrophone
 * @property {() => Promise<MediaStream>} openCamera
 * @property {() => boolean} seen whether the user wants to be seen from the beginning of calls on
 * @property {import('./calls.js').Surroundings['locate']} locate
 *
 * @typedef {object} PhoneListener
 * @property {() => void} changed called after every change
 * @property {(stream: MediaStream) => void} sound called with what the user should hear
 * @property {(account: Account) => void} refused called with an account that the service does not take while there is
 *   no call
 * @property {(call: import('./call.js').Call) => void} ended called with each call that is over
 * @property {import('./line.js').LineListener['trace']} trace called with each SIP message and its way
 */

/** @type {Outside} */
const real = {
  makeLine: (webSocket, account, listener) => new Line(webSocket, account, listener),
  openMicrophone,
  openCamera,
  seen: () => false,
  locate: async () => null,
};

export class Phone {
  /** The line, or null before the first registration. @type {Line | null} */
  line = null;
  /** What the user should read now; null if nothing. @type {Message | null} */
  message = null;
  journal = new Journal(() => this.#listener.changed());
  /** @type {Calls} */
  calls;

  /** What was said of a call before the line had something to say. @type {Message | null} */
  #before = null;
  #listener;
  #outside;

  /**
   * @param {PhoneListener} listener
   * @param {Partial<Outside>} outside what is not the real one
   */
  constructor(listener, outside = {}) {
    this.#listener = listener;
    this.#outside = { ...real, ...outside };
    this.calls = new Calls({
      line: () => this.line,
      openMicrophone: this.#outside.openMicrophone,
      openCamera: this.#outside.openCamera,
      seen: this.#outside.seen,
      locate: this.#outside.locate,
      journal: this.journal,
      say: (words, kind) => this.#say(words, kind),
      changed: () => listener.changed(),
      sound: (stream) => listener.sound(stream),
      ended: (call) => {
        listener.ended(call);
        this.#tellRefusal();
      },
    });
  }

  /** The call in which the user talks, or that rings alone; null if there is none. */
  get call() {
    return this.calls.active;
  }

  /**
   * Registers with what the form holds; gives the account, or null if it cannot be one.
   * @param {string} webSocket
   * @param {import('./account.js').Typed} typed
   */
  register(webSocket, typed) {
    this.unregister();
    try {
      const account = accountFrom(typed);
      this.#open(webSocket, account);
      return account;
    } catch (error) {
      this.line = null;
      this.#say(/** @type {Error} */ (error).message, 'bad', 'line');
      return null;
    }
  }

  /** Goes on where the page before was: registers, and takes its calls back. @param {import('./kept.js').Kept} kept */
  restore({ webSocket, account, calls }) {
    this.#open(webSocket, account);
    this.calls.resume(calls);
  }

  /** Goes: what is not up ends, and the rest is for the next page to take back. Gives null if there is nothing. */
  leave() {
    const { line, calls } = this;
    // Who never had to prove himself has left nothing by which the next page could.
    if (!line?.wasRegistered || (line.account.registers === false && !line.kept.ha1)) return null;
    const kept = calls.list.map((call) => keptCall(call, call === calls.active)).filter((each) => each !== null);
    const left = { webSocket: line.webSocket, account: line.kept, calls: kept };
    for (const call of [...calls.list]) if (!keptCall(call, false)) call.hangUp();
    if (kept.length === 0) this.unregister();
    return left;
  }

  /** Tells the user what stands in the way before there is a line. @param {string} words */
  complain(words) {
    this.#say(words, 'bad', 'line');
  }

  /** Ends all calls and takes the registration back. */
  unregister() {
    this.calls.hangUpAll();
    const { line } = this;
    this.line = null;
    line?.stop();
    this.#say(null);
  }

  /** Whether the user has an account that works, even if the service is away for a moment. */
  get signedIn() {
    return Boolean(this.call) || Boolean(this.line?.wasRegistered && this.line.state !== 'failed');
  }

  /** Whether a call can be placed now. */
  get ready() {
    return Boolean(this.line?.ready) && this.calls.free;
  }

  /** The browser is on the network again, perhaps on another one. */
  networkChanged() {
    this.line?.reconnect();
    this.calls.mend(true);
  }

  /** @param {string} webSocket @param {Account} account */
  #open(webSocket, account) {
    this.#say(null);
    this.line = this.#outside.makeLine(webSocket, account, {
      changed: () => this.#lineChanged(),
      incoming: (session, request) => this.calls.receive(session, request),
      trace: (way, text) => this.#listener.trace(way, text),
    });
    this.line.start();
    return this.line;
  }

  #lineChanged() {
    const { line } = this;
    if (!line) return;
    if (line.ready) {
      const what = line.state === 'open' ? 'Not registered: you can call as' : 'Registered as';
      this.journal.write(`${what} ${line.account.name}@${line.account.domain}`, 'good');
      this.calls.mend();
    }
    if (line.words) this.journal.write(line.words, 'bad', line.refused ? `status ${line.refused}` : '');
    const talks = this.call?.up && !this.call.interrupted;
    const goesOn = line.state === 'lost' && talks ? ' The call goes on meanwhile.' : '';
    if (line.words || this.message?.about === 'line') this.#sayOfLine(line.words + goesOn);
    this.#listener.changed();
    this.#tellRefusal();
  }

  /** Who talks is left alone until the call is over. */
  #tellRefusal() {
    if (this.line?.refused && !this.call) this.#listener.refused(this.line.account);
  }

  /** Says how the line stands, behind what went wrong with a call; '' is that all is well. @param {string} words */
  #sayOfLine(words) {
    if (this.message?.about !== 'line') this.#before = this.message?.kind === 'bad' ? this.message : null;
    const before = this.#before;
    const both = before ? `${before.words} ${words}` : words;
    this.message = words ? { words: both, kind: 'bad', about: 'line' } : before;
  }

  /** @param {string | null} words @param {Message['kind']} kind @param {Message['about']} about */
  #say(words, kind = 'plain', about = 'call') {
    this.message = words ? { words, kind, about } : null;
    this.#before = null;
    this.#listener.changed();
  }
}
