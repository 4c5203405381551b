// @ts-check
// The line to the service: one account, registered over one WebSocket. JsSIP keeps both alive; the line says
// how they stand. See LineState for how it moves.
import JsSIP from 'jssip';
import { LineState } from './linestate.js';
import { TracedSocket } from './tracedsocket.js';
import { isTemporary, wordsForLost, wordsForRefusal } from './linewords.js';
import { followOffers } from './offeredservers.js';

/** How long a registration lasts before it is renewed, in seconds. */
const registerExpires = 600;
/**
 * JsSIP tries a lost connection again after so many seconds, then ever later, but never later than the slowest. It throws
 * dice each time, so that not all pages come back at the same moment.
 */
const [fastestReconnect, slowestReconnect] = [1, 10];
/** After a temporary refusal that names no time, the registration is tried again after this many seconds. */
const retryAfterRefusal = 30;

/**
 * Makes the user agent that a line runs on.
 * @param {string} webSocket
 * @param {Account} account
 * @param {LineListener['trace']} trace
 */
function newAgent(webSocket, account, trace) {
  const agent = new JsSIP.UA({
    sockets: [new TracedSocket(webSocket, trace, account.server)],
    uri: account.uri,
    password: account.password,
    register: account.registers !== false,
    ha1: account.ha1,
    realm: account.realm,
    display_name: account.displayName || undefined,
    authorization_user: account.authName || undefined,
    user_agent: account.userAgent || undefined,
    register_expires: account.registerSeconds ?? registerExpires,
    connection_recovery_min_interval: fastestReconnect,
    connection_recovery_max_interval: slowestReconnect,
    // JsSIP would end a call whose refresh falls into a lost connection. The bridge watches the media instead.
    session_timers: false,
  });
  agent.registrator().setExtraContactParams({ extensions: '"geolocation-sip"' }); // locations can be read (RFC 6442)
  return agent;
}

/**
 * @typedef {import('./account.js').Account} Account
 * @typedef {import('./call.js').Session} Session
 * @typedef {{ changed: () => void, incoming: (session: Session, request: any) => void,
 *   trace: (way: 'in' | 'out', text: string) => void }} LineListener told of every change, every call, and every message
 *   with its way
 */

export class Line {
  /** @type {keyof typeof LineState} */
  state = LineState.off;
  /** Why the line is lost or failed, in plain words; else ''. */
  words = '';
  /** The status code with which the registration was refused; 0 if none. */
  refused = 0;
  /** Whether the service was ever reached. */
  wasConnected = false;
  /** Whether the service ever took the account, or was reached without registering. */
  wasRegistered = false;

  #agent;
  #webSocket;
  #changed;
  /** What the service offers since it registered us. @type {RTCIceServer[]} */
  #offered = [];
  #attempts = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #retry;
  /** True once a refusal came that no waiting heals: the same again would only lock the name. */
  #gaveUp = false;

  /**
   * @param {string} webSocket the URL of SIP over WebSocket
   * @param {Account} account
   * @param {LineListener} listener
   * @param {(webSocket: string, account: Account, trace: LineListener['trace']) => any} makeAgent stands in for JsSIP in tests
   */
  constructor(webSocket, account, { changed, incoming, trace }, makeAgent = newAgent) {
    this.account = account;
    this.#webSocket = webSocket;
    this.#changed = changed;
    this.#agent = makeAgent(webSocket, account, trace);
    this.#listen(incoming);
  }

  start() {
    this.#move(LineState.connecting);
    this.#agent.start();
  }

  /** Takes the registration back and closes the connection; the line is of no use afterwards. */
  stop() {
    clearTimeout(this.#retry);
    this.#agent.removeAllListeners();
    this.#agent.stop();
    this.#move(LineState.off);
  }

  /** Tries a lost connection again now, instead of when its time has come. */
  reconnect() {
    if (this.state === LineState.lost) this.#agent.transport.connect();
  }

  get connected() {
    return this.#agent.isConnected();
  }

  /** Whether calls can be placed. */
  get ready() {
    return this.state === LineState.registered || this.state === LineState.open;
  }

  /** JsSIP's user agent, for what runs beside calls. */
  get agent() {
    return this.#agent;
  }

  /** Calls back once, when the service can be reached. @param {() => void} callback */
  whenConnected(callback) {
    if (this.connected) callback();
    else this.#agent.once('connected', callback);
  }

  /** What a page after this one needs to register: the account, without the password. @returns {Account} */
  get kept() {
    return {
      ...this.account,
      password: undefined,
      ha1: this.#agent.get('ha1'),
      realm: this.#agent.get('realm'),
    };
  }

  get webSocket() {
    return this.#webSocket;
  }

  /** Calls a SIP URI; gives JsSIP's session. @param {string} uri @param {any} options @returns {Session} */
  call(uri, options) {
    return this.#agent.call(uri, { ...options, pcConfig: { ...options.pcConfig, iceServers: this.iceServers } });
  }

  /** @param {LineListener['incoming']} incoming */
  #listen(incoming) {
    const agent = this.#agent;
    agent.on('connected', () => this.#connected());
    agent.on('disconnected', () => this.#lost());
    followOffers(agent, (servers) => (this.#offered = servers));
    agent.on('registered', () => this.#registered());
    agent.on('registrationFailed', (/** @type {any} */ { response, cause }) => this.#failed(response, cause));
    agent.on('newRTCSession', (/** @type {any} */ { originator, session, request }) => {
      if (originator !== 'remote') return;
      session.on('peerconnection', (/** @type {any} */ { peerconnection }) => this.#serve(peerconnection));
      incoming(session, request);
    });
  }

  /** The servers that the connection of a call may ask for its addresses. */
  get iceServers() {
    return [...(this.account.iceServers ?? []), ...this.#offered];
  }

  /** Names them to a connection that has not begun to look for its addresses. @param {RTCPeerConnection} connection */
  #serve(connection) {
    connection.setConfiguration({ ...connection.getConfiguration(), iceServers: this.iceServers });
  }

  #connected() {
    this.#attempts = 0;
    this.wasConnected = true;
    if (this.account.registers === false) this.#registered(LineState.open);
    else if (!this.#gaveUp) this.#move(LineState.registering);
  }

  /** @param {keyof typeof LineState} state */
  #registered(state = LineState.registered) {
    this.wasRegistered = true;
    this.#move(state);
  }

  #lost() {
    clearTimeout(this.#retry);
    if (this.#gaveUp) return;
    this.#attempts += 1;
    const { wasConnected } = this;
    this.#move(LineState.lost, wordsForLost({ webSocket: this.#webSocket, wasConnected, attempts: this.#attempts }));
  }

  /** @param {any} response @param {string} cause */
  #failed(response, cause) {
    if (!response && cause === 'Connection Error') return; // 'disconnected' comes next and says it
    const status = response?.status_code ?? 408;
    const retryAfter = Number.parseInt(response?.getHeader('Retry-After') ?? '', 10) || 0;
    const words = wordsForRefusal(status, { retryAfter });
    if (isTemporary(status)) {
      this.#retry = setTimeout(() => this.#registerAgain(), (retryAfter || retryAfterRefusal) * 1000);
    } else {
      this.#gaveUp = true;
      this.#agent.unregister(); // so that JsSIP does not register after the next reconnect
    }
    this.#move(LineState.failed, words, status);
  }

  #registerAgain() {
    this.#move(LineState.registering);
    this.#agent.register();
  }

  /** @param {keyof typeof LineState} state */
  #move(state, words = '', refused = 0) {
    Object.assign(this, { state, words, refused });
    this.#changed();
  }
}
