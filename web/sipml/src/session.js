// @ts-check
import { invalidValue, result } from './errors.js';
import { Cause, SessionEvent } from './event.js';
import { EventTarget } from './eventtarget.js';
import { Headers } from './sip/headers.js';
import { targetOf } from './sip/target.js';
import { URI } from './sip/jssip.js';

/** How long registrations, publications and subscriptions last if the page says nothing, in seconds. */
const defaultExpires = 1800;

/** Puts an address the way sipML5 writes it. @param {any} uri */
const bracketed = (uri) => (uri ? `${uri.display_name ? `"${uri.display_name}"` : ''}<${uri.telephone ?? uri}>` : '');

/**
 * What all sessions have in common. A session is one thing that the user does: be registered, a call, a message.
 */
export class Session extends EventTarget {
  /** In seconds. */
  expires = defaultExpires;
  /** @type {{ name: string, value?: string }[]} */
  caps = [];
  headers = new Headers();
  /** The other party; null until there is one. @type {any} */
  remote = null;
  /** Who we say to be, if not the user of the stack. @type {any} */
  from = null;
  #id;

  /**
   * @param {import('./core.js').Core} core
   * @param {any} [conf]
   */
  constructor(core, conf) {
    if (!core) throw invalidValue('Invalid session value');
    super();
    this.core = core;
    this.#id = core.newId();
    if (conf) Session.prototype.setConfiguration.call(this, conf);
  }

  getId() {
    return this.#id;
  }

  /** @param {any} [conf] */
  setConfiguration(conf) {
    if (!conf) return;
    const { events_listener: listener, sip_caps: caps, from } = conf;
    if (listener) this.addEventListener(listener.events, listener.listener);
    if (conf.expires) this.expires = Number(conf.expires);
    this.headers.set(conf.sip_headers);
    for (const cap of caps ?? []) this.#setCap(cap);
    if (from) this.from = targetOf(from, this.core.settings.realm) ?? this.from;
  }

  getRemoteUri() {
    return bracketed(this.remote);
  }

  getRemoteFriendlyName() {
    return this.remote ? this.remote.display_name || this.remote.user : null;
  }

  /** @param {any} [conf] */
  accept(conf) {
    this.setConfiguration(conf);
    return this.#nothingThere();
  }

  /** @param {any} [conf] */
  reject(conf) {
    this.setConfiguration(conf);
    return this.#nothingThere();
  }

  /**
   * Tells this session's listener.
   * @param {string} type
   * @param {string} phrase
   * @param {any} [message]
   */
  tell(type, phrase, message) {
    this.core.tell(this, new SessionEvent(this, type, new Cause(phrase, message)));
  }

  /**
   * Tells an event that sipML5 names and never tells: who hears '*' gets what sipML5 tells him.
   * @param {string} type
   * @param {string} phrase
   * @param {any} [message]
   */
  tellNamed(type, phrase, message) {
    this.core.tell(this, new SessionEvent(this, type, new Cause(phrase, message)), true);
  }

  /** Tells of a request of the session. @param {any} request @param {boolean} isOurs whether it left, or came */
  tellRequest(request, isOurs) {
    if (!isOurs) {
      this.tellNamed('i_request', 'Incoming Request', request);
      return;
    }
    this.tellNamed('o_request', 'Outgoing Request', request);
    this.toldSent(request);
  }

  /** What is told of every request that has left. @param {any} request */
  toldSent(request) {
    this.tellNamed('sent_request', `${request.method} request successfully sent`, request);
  }

  /** Tells the response behind an event. @param {string} type @param {any} response */
  tellResponse(type, response) {
    this.tell(type, response.reason_phrase, response);
  }

  /**
   * Header lines for a request outside dialogs: routes, then what the page set for this session and for all.
   * @param {string[]} [routes]
   */
  headerLines(routes = this.core.routes) {
    return [...routes.map((route) => `Route: ${route}`), ...this.dialogLines()];
  }

  /** Header lines for a request in a dialog. */
  dialogLines() {
    const lines = this.headers.lines(this.core.settings.headers);
    this.headers.sent();
    return lines;
  }

  /** The user of the stack. */
  get self() {
    const { impu, displayName } = this.core.settings;
    return Object.assign(URI.parse(impu.address), { display_name: displayName });
  }

  /** Parameters of a request that say from whom it is. */
  fromParameters() {
    if (!this.from) return { from_uri: URI.parse(this.core.settings.impu.address) };
    return { from_uri: this.from, from_display_name: this.from.display_name ?? null };
  }

  /** Is open from now on: it hears of the connection, and of the end of the stack. */
  open() {
    this.core.sessions.set(this.#id, this);
  }

  close() {
    this.core.sessions.delete(this.#id);
  }

  /** The connection is lost, and is being made again. */
  connectionLost() {}

  /** It is there again. */
  connectionReturned() {}

  /** The stack stops: ends what is open. @returns {Promise<void>} when it has ended */
  async shutdown() {}

  /** The connection is gone for good. */
  abandon() {
    this.close();
  }

  #nothingThere() {
    return this.core.isStarted ? result.failed : result.notStarted;
  }

  /** @param {any} cap */
  #setCap(cap) {
    if (!cap || typeof cap.name !== 'string' || !cap.name) return;
    this.caps = [...this.caps.filter(({ name }) => name !== cap.name), { name: cap.name, value: cap.value }];
  }
}
