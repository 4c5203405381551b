// @ts-check
import { invalidValue, result } from './errors.js';
import { Session } from './session.js';
import { acceptContacts } from './sip/contact.js';
import { targetOf } from './sip/target.js';

/** After this many milliseconds a message that the page neither took nor refused is taken: it has heard of it. */
const decisionLimit = 10_000;

/** A text to or from somebody (RFC 3428), type 'message'. */
export class Message extends Session {
  /** The request that waits for a decision. @type {any} */
  #incoming = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * Tells the stack of a message that came.
   * @param {import('./core.js').Core} core
   * @param {any} request
   */
  static receive(core, request) {
    const session = new Message(core);
    session.#incoming = request;
    session.remote = Object.assign(request.from.uri, { display_name: request.from.display_name });
    session.#timer = setTimeout(() => session.#decide(200), decisionLimit);
    core.tellStack('i_new_message', 'Incoming Request', { message: request, newSession: session });
  }

  /**
   * @param {string} to
   * @param {string} content
   * @param {string} [contentType]
   * @param {any} [conf]
   */
  send(to, content, contentType, conf) {
    if (!to) throw invalidValue("'to' must not be null");
    this.setConfiguration(conf);
    if (!content) return result.failed;
    if (!this.core.isStarted) return result.notStarted;
    const target = targetOf(to, this.core.settings.realm);
    if (!target) return result.badTarget;
    this.remote = target;
    const type = contentType ? [`Content-Type: ${contentType}`] : [];
    this.core.agent?.request('MESSAGE', target, {
      parameters: this.fromParameters(),
      headers: [...type, ...acceptContacts(this.caps), ...this.headerLines()],
      body: content,
      isSent: (request) => this.tellRequest(request, true),
      answered: (response) => this.#answered(response),
      failed: () => this.#failed(),
    });
    return result.ok;
  }

  /** @override @param {any} [conf] */
  accept(conf) {
    return this.#incoming ? this.#answer(200, conf) : super.accept(conf);
  }

  /** @override @param {any} [conf] */
  reject(conf) {
    return this.#incoming ? this.#answer(603, conf) : super.reject(conf);
  }

  /** @param {number} code @param {any} conf */
  #answer(code, conf) {
    this.setConfiguration(conf);
    if (!this.core.isStarted) return result.notStarted;
    this.#decide(code);
    return result.ok;
  }

  /** @param {number} code */
  #decide(code) {
    clearTimeout(this.#timer);
    const request = this.#incoming;
    this.#incoming = null;
    request.reply(code);
    this.tell('terminated', 'Disconnected');
  }

  /** @param {any} response */
  #answered(response) {
    this.tellResponse('i_ao_request', response);
    if (response.status_code < 200) return;
    if (response.status_code < 300) this.tell('terminated', 'Disconnected');
    else this.tell('terminated', response.reason_phrase, response);
  }

  #failed() {
    this.tell('transport_error', 'Transport error');
    this.tell('terminated', 'Transport error');
  }
}
