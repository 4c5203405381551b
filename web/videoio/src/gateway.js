// @ts-check
// A connection to the service, which was a siprtmp gateway for pages with Flash: one account, and the commands and
// callbacks of that gateway.
//
//   off -> connecting -> open      (registered, or connected where there is no password)
//   connecting, open -> closed     (refused, or the connection is lost: the page has to connect anew)
import JsSIP from 'jssip';
import { Calls } from './calls.js';
import { Connection } from './connection.js';
import { followOffers } from '../../phone/src/offeredservers.js';
import { nameAddress } from './words.js';

export const State = Object.freeze({ off: 'off', connecting: 'connecting', open: 'open', closed: 'closed' });

/** How long a registration lasts before it is renewed, in seconds. */
const registerExpires = 180;

/** @typedef {import('./source.js').Account} Account */
/** @typedef {import('./connection.js').Hooks} Hooks */

/**
 * @param {string} webSocket URL of SIP over WebSocket
 * @param {Account} account
 */
function newAgent(webSocket, account) {
  return new JsSIP.UA({
    sockets: [new JsSIP.WebSocketInterface(webSocket)],
    uri: `sip:${account.address}`,
    authorization_user: account.login.split('@')[0],
    password: account.password,
    display_name: account.display || undefined,
    register: account.password !== '',
    register_expires: registerExpires,
    session_timers: false, // the service notices by the media who is gone
  });
}

export class Gateway extends Connection {
  /** @type {string} */
  state = State.off;
  #agent;
  #calls;
  #hooks;

  /**
   * @param {string} webSocket URL of SIP over WebSocket
   * @param {Account} account
   * @param {Hooks} hooks
   * @param {(webSocket: string, account: Account) => any} makeAgent stands in for JsSIP in tests
   */
  constructor(webSocket, account, hooks, makeAgent = newAgent) {
    super();
    this.#hooks = hooks;
    this.#agent = makeAgent(webSocket, account);
    this.#calls = new Calls(this.#agent, account.domain, hooks);
    this.#agent.on('newRTCSession', (/** @type {any} */ { originator, session }) => {
      if (originator === 'remote') this.#calls.ring(session);
    });
    this.#agent.on('newMessage', (/** @type {any} */ { originator, message, request }) => {
      if (originator === 'remote') this.#read(message, request);
    });
    followOffers(this.#agent, (servers) => (this.#calls.iceServers = servers));
    this.#agent.on(account.password === '' ? 'connected' : 'registered', () => this.#opened());
    this.#agent.on('registrationFailed', () => this.#close());
    this.#agent.on('disconnected', () => this.#close());
  }

  /** @override */
  start() {
    this.state = State.connecting;
    this.#agent.start();
  }

  /** Hangs up, takes the registration back and disconnects. @override */
  stop() {
    if (this.state === State.closed) return;
    this.state = State.closed;
    this.#calls.end();
    this.#agent.stop();
  }

  /**
   * @override
   * @param {string} name
   * @param {unknown[]} args
   */
  command(name, args) {
    if (this.state === State.open) this.#calls.command(name, args);
  }

  /** @override */
  refresh() {
    this.#calls.refresh();
  }

  /** @override @param {string} text */
  send(text) {
    this.#calls.active?.send(text);
  }

  /** @override */
  stream() {
    return this.#calls.active?.stream ?? null;
  }

  /** @override */
  level() {
    return this.#calls.active?.level ?? 0;
  }

  /** @override */
  peer() {
    return this.#calls.active?.peer ?? null;
  }

  /**
   * Tells a text that came in a call, or outside of one.
   * @param {any} message of JsSIP, which accepts it afterwards
   * @param {any} request
   */
  #read(message, request) {
    const text = request.body ?? '';
    const isText = /^text\/plain\b/i.test(request.getHeader('Content-Type') ?? '');
    if (!isText) message.reject({ status_code: 415 });
    else if (!request.to_tag) this.#hooks.tell('receivedPagingMessage', [nameAddress(request.from), text]);
    else if (!this.#calls.read(request)) message.reject({ status_code: 481 });
  }

  #opened() {
    if (this.state !== State.connecting) return; // a registration that was renewed
    this.state = State.open;
    this.#hooks.connected();
  }

  #close() {
    if (this.state === State.closed) return;
    this.stop();
    this.#hooks.closed();
  }
}
