// @ts-check
import { offeredServers } from '../../phone/src/offeredservers.js';
import { Refreshed } from './refreshed.js';
import { contactOfRegister } from './sip/contact.js';
import { NameAddrHeader, URI } from './sip/jssip.js';

/** @param {string | undefined} text @param {string} parameter */
const numberIn = (text, parameter) => {
  const found = text?.match(new RegExp(`;\\s*${parameter}=(\\d+)`, 'i'))?.[1];
  return found === undefined ? undefined : Number(found);
};

/** The user's being at the service, type 'register'. */
export class Registration extends Refreshed {
  /** @param {import('./core.js').Core} core @param {any} [conf] */
  constructor(core, conf) {
    super(core, conf);
    this.remote = this.self;
  }

  /** @override */
  get method() {
    return 'REGISTER';
  }

  /** Registers, or registers anew. @param {any} [conf] */
  register(conf) {
    this.setConfiguration(conf);
    return this.put();
  }

  /** @param {any} [conf] */
  unregister(conf) {
    this.setConfiguration(conf);
    return this.remove();
  }

  /** @override */
  toldSent() {
    this.tell('sent_request', `${this.isEnding ? 'un' : ''}REGISTER request successfully sent`);
  }

  /** sipML5 tells the outcome alone. @override */
  toldAnswer() {}

  /** @override @param {any} response */
  endedByUs(response) {
    this.end(response.reason_phrase, response);
  }

  /** @override @param {number} expires */
  compose(expires) {
    const { settings, agent } = this.core;
    const contact = contactOfRegister(settings, agent?.host ?? '', { expires, caps: this.caps });
    return {
      target: URI.parse(`sip:${settings.realm}`),
      parameters: { to_uri: URI.parse(settings.impu.address), to_display_name: settings.displayName || null },
      headers: [`Contact: ${contact}`, ...this.#earlyCredentials(), ...this.headerLines(this.core.outboundRoutes)],
    };
  }

  /** @override @param {any} response */
  taken(response) {
    this.core.offeredServers = offeredServers(response);
    this.core.serviceRoutes = response.getHeaders('Service-Route');
    const own = response
      .getHeaders('Contact')
      .find((/** @type {string} */ text) => NameAddrHeader.parse(text)?.uri.host === this.core.agent?.host);
    const header = response.getHeader('Expires');
    return header === undefined ? numberIn(own, 'expires') : Number(header);
  }

  /** What a network without early IMS wants to see at once (TS 24.229): who asks, with nothing that proves it. */
  #earlyCredentials() {
    const { isEarlyIMS, impi, realm } = this.core.settings;
    if (isEarlyIMS) return [];
    return [`Authorization: Digest username="${impi}",realm="${realm}",nonce="",uri="sip:${realm}",response=""`];
  }
}
