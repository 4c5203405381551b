// @ts-check
import { result } from './errors.js';
import { log } from './log.js';
import { Session } from './session.js';
import { Digest } from './sip/digest.js';
import { randomToken } from './sip/jssip.js';

/**
 * What stands at a server and is refreshed until it is taken back:
 *
 *   idle -> connecting -> connected -> terminating -> idle
 *   connecting, connected -> idle        (refused, or never answered)
 *   connected -> connecting              (after a lost connection)
 */
const states = Object.freeze({
  idle: 'idle',
  connecting: 'connecting',
  connected: 'connected',
  terminating: 'terminating',
});

/** The shortest time between two refreshes, in seconds, whatever the server grants: sipML5 made a storm of them. */
const leastPause = 1;

/** The longest one: a timer of browsers that is set for more than 24 days goes off at once. */
const longestPause = 86_400;

/** Half of what lasts up to twenty minutes, else ten minutes before its end. @param {number} expires in seconds */
const refreshAfter = (expires) =>
  Math.min(longestPause, Math.max(leastPause, expires <= 1200 ? expires / 2 : expires - 600));

/** A registration, publication or subscription. Subclasses say what their requests look like. */
export class Refreshed extends Session {
  /** @type {string} */
  #state = states.idle;
  #callId = '';
  /** Keeps the last challenge, which is good for several requests. @type {Digest | undefined} */
  #digest;
  #tag = '';
  #sequence = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** Told when all is over. @type {(() => void)[]} */
  #waiting = [];
  /** In seconds, once the server asked for more. */
  #leastExpires = 0;

  /** @type {string} of the requests */
  get method() {
    throw new Error('a subclass says so');
  }

  /** What is told of every final response. @param {any} response */
  toldAnswer(response) {
    this.tellResponse('i_ao_request', response);
  }

  /**
   * Where a request goes, what it says, and where it is in a dialog.
   * @param {number} _expires @returns {{ target: any, parameters: object, headers: string[], body?: string }}
   */
  compose(_expires) {
    throw new Error('a subclass says so');
  }

  /** Keeps what a 2xx says. @param {any} _response @returns {number | undefined} its lifetime in seconds */
  taken(_response) {
    return undefined;
  }

  /** Sends the first request, or another one, which refreshes and may change what stands. */
  put() {
    if (!this.core.isStarted) return result.notStarted;
    if (this.#state === states.terminating) return result.failed;
    if (this.#state === states.idle) this.#begin();
    this.#send(this.expires);
    return result.ok;
  }

  /** Takes back what stands. */
  remove() {
    if (!this.core.isStarted) return result.notStarted;
    if (this.#state === states.idle) return result.failed;
    this.#remove();
    return result.ok;
  }

  /** Whether we have taken it back, and wait for the answer. */
  get isEnding() {
    return this.#state === states.terminating;
  }

  get isOpen() {
    return this.#state !== states.idle;
  }

  /** @override */
  connectionLost() {
    clearTimeout(this.#timer);
    this.tell('transport_error', 'Transport error');
  }

  /** @override */
  connectionReturned() {
    if (this.#state === states.terminating) {
      this.end('Disconnected');
      return;
    }
    this.#state = states.connecting;
    this.tell('connecting', 'Connecting...');
    this.#send(this.expires);
  }

  /** @override */
  async shutdown() {
    if (!this.isOpen || !this.core.agent?.isConnected()) return;
    const over = new Promise((resolve) => this.#waiting.push(() => resolve(undefined)));
    if (this.#state !== states.terminating) this.#remove();
    await over;
  }

  /** @override */
  abandon() {
    if (this.isOpen) this.end('Transport error');
  }

  /** @param {string} phrase @param {any} [response] */
  end(phrase, response) {
    clearTimeout(this.#timer);
    this.#state = states.idle;
    this.close();
    this.tell('terminated', phrase, response);
    for (const tell of this.#waiting.splice(0)) tell();
  }

  /** The Call-ID of its requests; '' before the first one. */
  get callId() {
    return this.#callId;
  }

  #begin() {
    this.#state = states.connecting;
    this.#callId = randomToken(22);
    this.#digest = undefined;
    this.#tag = randomToken(10);
    this.#sequence = Math.floor(Math.random() * 10_000) + 1;
    this.open();
    this.tell('connecting', 'Connecting...');
  }

  #remove() {
    this.#state = states.terminating;
    this.tell('terminating', 'Disconnecting...');
    this.#send(0);
  }

  /** @param {number} expires in seconds, 0 to take it back */
  #send(expires) {
    clearTimeout(this.#timer);
    const seconds = expires && Math.max(expires, this.#leastExpires);
    const { target, parameters, headers, body } = this.compose(seconds);
    this.#sequence += 1;
    const common = { call_id: this.#callId, cseq: this.#sequence, from_tag: this.#tag };
    this.core.agent?.request(this.method, target, {
      parameters: { ...this.fromParameters(), ...parameters, ...common },
      headers,
      body,
      digest: (this.#digest ??= new Digest({
        username: this.core.settings.impi,
        password: this.core.settings.password,
      })),
      isSent: (request) => {
        this.#sequence = request.cseq;
        this.tellRequest(request, true);
      },
      answered: (response) => this.#answered(response, expires),
      failed: (isTimeout) => this.#failed(isTimeout),
    });
  }

  /** @param {any} response @param {number} expires */
  #answered(response, expires) {
    const { status_code: code } = response;
    if (code < 200 || this.#state === states.idle) return;
    const least = Number(response.getHeader('Min-Expires'));
    if (code === 423 && least > this.#leastExpires) {
      this.#leastExpires = least;
      this.#send(expires);
    } else if (code >= 300 && this.#startsAnew(response)) {
      this.#send(expires);
    } else {
      this.toldAnswer(response);
      this.#settle(response, expires);
    }
  }

  /** @param {any} response @param {number} expires */
  #settle(response, expires) {
    if (response.status_code >= 300) {
      this.end(response.reason_phrase, response);
    } else if (expires === 0) {
      this.endedByUs(response);
    } else if (this.#state !== states.terminating) {
      const granted = this.taken(response) ?? NaN; // NaN is a number that cannot be read, too
      this.#timer = setTimeout(() => this.#refresh(), refreshAfter(granted >= 0 ? granted : expires) * 1000);
      if (this.#state === states.connecting) this.tell('connected', 'Connected');
      this.#state = states.connected;
    }
  }

  /** What the end is called after our own removal. @param {any} _response */
  endedByUs(_response) {
    this.end('Disconnected');
  }

  /** Whether a refusal only means that what stood is gone. @param {any} response */
  #startsAnew(response) {
    return this.#state === states.connected && this.forgets(response);
  }

  /** @param {any} _response @returns {boolean} whether to send again, as the first time */
  forgets(_response) {
    return false;
  }

  #refresh() {
    if (this.core.isStarted) this.#send(this.expires);
  }

  /** @param {boolean} isTimeout */
  #failed(isTimeout) {
    if (this.#state === states.idle) return;
    const comesBack = !isTimeout && this.core.settings.isReconnecting && this.#state !== states.terminating;
    if (comesBack) {
      log.info(this.method, 'waits for the connection');
      return;
    }
    this.tell('transport_error', 'Transport error');
    this.end('Transport error');
  }
}
