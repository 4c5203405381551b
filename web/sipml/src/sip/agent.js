// @ts-check
import { contactOf, contactURI } from './contact.js';
import { teachDigest } from './digest.js';
import { InviteSession } from './invitesession.js';
import { OutgoingRequest, RequestSender, Transactions, UA, randomToken } from './jssip.js';
import { Socket } from './socket.js';

/** How long JsSIP may let an incoming call ring, in seconds: it is for the caller and the page to give up. */
const ringLimit = 600;

/**
 * @typedef {object} Callbacks
 * @property {() => void} connected
 * @property {() => void} disconnected
 * @property {(session: InviteSession, request: any) => void} called by a new call
 * @property {(request: any) => void} told by a MESSAGE
 */

/** What JsSIP is told at its start. @param {import('../stacksettings.js').StackSettings} settings @param {string} host */
function configuration(settings, host) {
  return {
    sockets: [new Socket(settings.webSocketURL)],
    uri: settings.impu.address,
    contact_uri: contactURI(settings, host),
    authorization_user: settings.impi,
    password: settings.password || undefined,
    display_name: settings.displayName || undefined,
    user_agent: 'sipbridge SIPml',
    register: false,
    session_timers: false,
    no_answer_timeout: ringLimit,
    connection_recovery_min_interval: 1,
    connection_recovery_max_interval: settings.slowestReconnect,
  };
}

/**
 * One user's connection: JsSIP's user agent, which keeps the WebSocket and connects again, with the parts of sipML5
 * that JsSIP does in another way.
 */
export class Agent extends UA {
  #callbacks;
  /** Who hears NOTIFY, by Call-ID. @type {Map<string, (request: any) => void>} */
  #subscribers = new Map();

  /**
   * @param {import('../stacksettings.js').StackSettings} settings
   * @param {Callbacks} callbacks
   */
  constructor(settings, callbacks) {
    teachDigest();
    const host = `${randomToken(12)}.invalid`;
    super(configuration(settings, host));
    this.host = host;
    this.#callbacks = callbacks;
    this._contact.toString = () => contactOf(settings, host);
    this.on('connected', callbacks.connected);
    this.on('disconnected', callbacks.disconnected);
  }

  /** JsSIP would keep a hash in place of the password, but each algorithm wants its own. @param {string} name @param {unknown} value */
  set(name, value) {
    return name === 'ha1' || name === 'realm' || super.set(name, value);
  }

  /**
   * Sends a request and gives it.
   * @param {string} method
   * @param {any} target URI
   * @param {{ parameters?: object, headers?: string[], body?: string, isSent?: (request: any) => void,
   *   digest?: import('./digest.js').Digest, answered: (response: any) => void, failed: (isTimeout: boolean) => void }} options isSent is
   *   told of every attempt, one with credentials, too; digest, if given, may have an answer from before; answered is
   *   told of all responses but the challenges that were answered
   */
  request(method, target, { parameters = {}, headers = [], body, digest, isSent, answered, failed }) {
    const request = new OutgoingRequest(method, target, this, parameters, headers, body);
    const sender = new RequestSender(this, request, {
      onRequestTimeout: () => failed(true),
      onTransportError: () => failed(false),
      onReceiveResponse: answered,
      onAuthenticated: (/** @type {any} */ again) => {
        if (digest) digest.headerName = again.headers.Authorization ? 'authorization' : 'proxy-authorization';
        isSent?.(again);
      },
    });
    const known = digest?.again({ method, ruri: target, body });
    if (digest && known) request.setHeader(digest.headerName, known);
    if (digest) sender._auth = digest;
    isSent?.(request);
    sender.send();
    return request;
  }

  /** @param {string} callId @param {(request: any) => void} [notified] nobody if left out */
  subscribe(callId, notified) {
    if (notified) this.#subscribers.set(callId, notified);
    else this.#subscribers.delete(callId);
  }

  /** Where JsSIP's transport hands over what came. @param {any} request */
  receiveRequest(request) {
    const handle = this.#handlerOf(request);
    if (!handle) {
      super.receiveRequest(request);
      return;
    }
    if (Transactions.checkTransaction(this, request)) return;
    const { InviteServerTransaction, NonInviteServerTransaction } = Transactions;
    const Transaction = request.method === 'INVITE' ? InviteServerTransaction : NonInviteServerTransaction;
    new Transaction(this, this.transport, request);
    handle(request);
  }

  /** @param {any} request @returns {((request: any) => void) | undefined} nothing if JsSIP does it */
  #handlerOf({ method, to_tag: tag, call_id: callId }) {
    if (method === 'NOTIFY') return this.#subscribers.get(callId);
    if (tag) return undefined;
    if (method === 'INVITE') return (request) => this.#ring(request);
    return method === 'MESSAGE' ? this.#callbacks.told : undefined;
  }

  /** @param {any} request */
  #ring(request) {
    const session = new InviteSession(this);
    session.init_incoming(request, () => this.#callbacks.called(session, request));
  }
}
