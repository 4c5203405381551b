// @ts-check
// A connection to the service, which was a siprtmp gateway for pages with Flash: one account, and the commands and
// callbacks of that gateway.
//
//   off -> connecting -> open      (registered, or connected where there is no password)
//   connecting, open -> closed     (refused, or the connection is lost: the page has to connect anew)
import JsSIP from 'jssip';
import { Calls } from './calls.js';

export const State = Object.freeze({ off: 'off', connecting: 'connecting', open: 'open', closed: 'closed' });

/** How long a registration lasts before it is renewed, in seconds. */
const registerExpires = 180;

/**
 * @typedef {object} GatewayOptions
 * @property {string} webSocket URL of SIP over WebSocket
 * @property {import('./source.js').Account} account
 * @property {(method: string, args: unknown[]) => void} tell calls back
 * @property {() => void} connected
 * @property {() => void} closed told once, unless stop was called
 * @property {import('./loudspeaker.js').Loudspeaker} loudspeaker
 * @property {(property: string) => import('./properties.js').Value} wishes gives a property of the player
 */

/** @param {GatewayOptions} options */
function newAgent({ webSocket, account }) {
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

export class Gateway {
  /** @type {string} */
  state = State.off;
  #agent;
  #calls;
  #options;

  /**
   * @param {GatewayOptions} options
   * @param {typeof newAgent} makeAgent stands in for JsSIP in tests
   */
  constructor(options, makeAgent = newAgent) {
    this.#options = options;
    this.#agent = makeAgent(options);
    this.#calls = new Calls(this.#agent, options);
    this.#agent.on('newRTCSession', (/** @type {any} */ { originator, session }) => {
      if (originator === 'remote') this.#calls.ring(session);
    });
    this.#agent.on('newMessage', (/** @type {any} */ { originator, request }) => {
      if (originator === 'remote') options.tell('receivedPagingMessage', [`<${request.from.uri}>`, request.body]);
    });
    this.#agent.on(options.account.password === '' ? 'connected' : 'registered', () => this.#opened());
    this.#agent.on('registrationFailed', () => this.#close());
    this.#agent.on('disconnected', () => this.#close());
  }

  start() {
    this.state = State.connecting;
    this.#agent.start();
  }

  /** Hangs up, takes the registration back and disconnects. */
  stop() {
    if (this.state === State.closed) return;
    this.state = State.closed;
    this.#calls.end();
    this.#agent.stop();
  }

  /**
   * @param {string} name
   * @param {unknown[]} args
   */
  command(name, args) {
    this.#calls.command(name, args);
  }

  /** Lets the microphone follow the properties. */
  refresh() {
    this.#calls.refresh();
  }

  #opened() {
    if (this.state !== State.connecting) return; // a registration that was renewed
    this.state = State.open;
    this.#options.connected();
  }

  #close() {
    if (this.state === State.closed) return;
    this.stop();
    this.#options.closed();
  }
}
