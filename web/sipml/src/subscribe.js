// @ts-check
import { invalidValue, result } from './errors.js';
import { Refreshed } from './refreshed.js';
import { contactOf } from './sip/contact.js';
import { targetOf } from './sip/target.js';

/** What the user wants to hear about another (RFC 6665), type 'subscribe'. */
export class Subscribe extends Refreshed {
  /** Where requests go once there is a dialog. @type {{ target: any, parameters: object } | null} */
  #dialog = null;

  /** @override */
  get method() {
    return 'SUBSCRIBE';
  }

  /** @param {string} to @param {any} [conf] */
  subscribe(to, conf) {
    if (!to) throw invalidValue("'to' must not be null");
    const remote = targetOf(to, this.core.settings.realm);
    this.setConfiguration(conf);
    if (!remote) return result.badTarget;
    this.remote = remote;
    return this.put();
  }

  /** @param {any} [conf] */
  unsubscribe(conf) {
    this.setConfiguration(conf);
    return this.remove();
  }

  /** @override @param {number} expires */
  compose(expires) {
    const { settings, agent } = this.core;
    agent?.subscribe(this.callId, (request) => this.#notified(request));
    return {
      target: this.#dialog?.target ?? this.remote,
      parameters: { to_uri: this.remote, ...this.#dialog?.parameters },
      headers: [
        `Contact: ${contactOf(settings, agent?.host ?? '', { caps: this.caps })}`,
        `Expires: ${expires}`,
        ...(this.#dialog ? this.dialogLines() : this.headerLines()),
      ],
    };
  }

  /** @override @param {any} response */
  taken(response) {
    const contact = response.parseHeader('Contact');
    if (contact) {
      const route = response.getHeaders('Record-Route').reverse();
      this.#dialog = {
        target: contact.uri,
        parameters: { to_tag: response.to_tag, ...(route.length > 0 && { route_set: route }) },
      };
    }
    const expires = response.getHeader('Expires');
    return expires === undefined ? undefined : Number(expires);
  }

  /** The server knows nothing of it any more: it begins anew. @param {any} response @override */
  forgets(response) {
    if (response.status_code !== 481 || !this.#dialog) return false;
    this.#dialog = null;
    return true;
  }

  /** @override @param {string} phrase @param {any} [response] */
  end(phrase, response) {
    this.core.agent?.subscribe(this.callId);
    this.#dialog = null;
    super.end(phrase, response);
  }

  /** @override */
  connectionReturned() {
    // Whether the server kept it is unknown; one more does no harm.
    this.#dialog = null;
    super.connectionReturned();
  }

  /** @param {any} request */
  #notified(request) {
    request.reply(200);
    this.tellRequest(request, false);
    this.tell('i_notify', 'Incoming NOTIFY', request);
    const isOver = /^\s*terminated/i.test(request.getHeader('Subscription-State') ?? '');
    if (isOver && this.isOpen && !this.isEnding) this.end('Disconnected');
  }
}
