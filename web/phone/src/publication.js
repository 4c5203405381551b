// @ts-check
// What this page tells of its user (PUBLISH, RFC 3903): published, kept alive, changed and taken back by its tag. One
// request at a time; what the user wants meanwhile goes out after the answer.
import { sendRequest } from './request.js';
import { presenceDocument } from './presence.js';

/** How long a publication lives that is not refreshed, in seconds: so long others are misled when the page is gone. */
const lifetime = 180;

/** @typedef {import('./presence.js').State} State */

export class Publication {
  /** @type {State} */
  #wanted = 'available';
  /** @type {State} what the service has; available is nothing */
  #published = 'available';
  #tag = '';
  #waiting = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #agent;
  #uri;
  #send;

  /**
   * @param {any} agent JsSIP's user agent
   * @param {string} uri of the user
   * @param {typeof sendRequest} send stands in for the network in tests
   */
  constructor(agent, uri, send = sendRequest) {
    this.#agent = agent;
    this.#uri = uri;
    this.#send = send;
  }

  /** @param {State} state */
  set(state) {
    this.#wanted = state;
    if (!this.#waiting && state !== this.#published) this.#publish();
  }

  /** Publishes no more, and lets what is there run out. */
  stop() {
    clearTimeout(this.#timer);
    this.#waiting = true;
  }

  #publish() {
    clearTimeout(this.#timer);
    const state = this.#wanted;
    const away = state === 'available';
    if (away && !this.#tag) return;
    this.#waiting = true;
    const headers = ['Event: presence', `Expires: ${away ? 0 : lifetime}`];
    if (this.#tag) headers.push(`SIP-If-Match: ${this.#tag}`);
    if (!away) headers.push('Content-Type: application/pidf+xml');
    const body = away ? '' : presenceDocument(this.#uri, state);
    this.#send(this.#agent, 'PUBLISH', this.#uri, { headers, body }, (response) => this.#answered(state, response));
  }

  /**
   * @param {State} state
   * @param {any} response
   */
  #answered(state, response) {
    this.#waiting = false;
    const status = response?.status_code ?? 408;
    const had = this.#tag;
    this.#tag = status < 300 && state !== 'available' ? (response.getHeader('SIP-ETag') ?? '') : '';
    this.#published = this.#tag ? state : 'available';
    const forgotten = status === 412 && had !== ''; // by the service: RFC 3903 section 4.1
    if (forgotten) this.#publish();
    else if (status < 300) this.#next(state);
  }

  /** @param {State} state that was published */
  #next(state) {
    if (this.#wanted !== state) this.#publish();
    else if (this.#tag) this.#timer = setTimeout(() => this.#publish(), (lifetime / 2) * 1000);
  }
}
