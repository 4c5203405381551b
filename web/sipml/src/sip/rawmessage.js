// @ts-check
// The SIP message behind an event as sipML5 shows it, e.o_event.get_message(): a view of JsSIP's message with the
// names that pages use.
import { NameAddrHeader, URI } from './jssip.js';

const methods = Object.freeze(
  'ACK BYE CANCEL INVITE OPTIONS REGISTER SUBSCRIBE NOTIFY UPDATE MESSAGE PUBLISH PRACK REFER INFO'.split(' '),
);

/** @param {any} uri of JsSIP, or undefined @param {string} [displayName] */
function uriView(uri, displayName) {
  if (!uri) return null;
  return {
    s_scheme: uri.scheme,
    s_user_name: uri.user ?? null,
    s_host: uri.host,
    i_port: uri.port ?? 0,
    s_display_name: displayName || null,
    toString: () => `<${uri}>`,
  };
}

/**
 * A header with an address, such as From.
 * @param {string} name
 * @param {string | undefined} text
 */
function addressView(name, text) {
  if (!text) return null;
  const address = NameAddrHeader.parse(text);
  const uri = address?.uri ?? URI.parse(text);
  return {
    s_name: name,
    s_value: text,
    o_uri: uriView(uri, address?.display_name),
    s_tag: address?.getParam?.('tag') ?? null,
    s_display_name: address?.display_name ?? null,
  };
}

const addresses = Object.freeze(['From', 'To', 'Contact', 'Refer-To', 'Referred-By']);

class RawMessage {
  #message;

  /** @param {any} message */
  constructor(message) {
    this.#message = message;
    const { status_code: code, reason_phrase: reason, method, ruri } = message;
    this.line = code
      ? { response: { i_status_code: code, s_reason_phrase: reason } }
      : { request: { s_method: method, o_uri: uriView(ruri) } };
    this.o_hdr_From = this.get_header('From');
    this.o_hdr_To = this.get_header('To');
    this.o_hdr_Contact = this.get_header('Contact');
    this.o_hdr_Call_ID = { s_value: message.call_id };
    this.o_hdr_CSeq = { i_seq: message.cseq, s_method: method };
    for (const each of methods) Object.assign(this, this.#questionsAbout(each));
  }

  /** is_invite() and is_response_to_invite(), and the like. @param {string} method */
  #questionsAbout(method) {
    const name = method.toLowerCase();
    return {
      [`is_${name}`]: () => this.is_request() && this.#message.method === method,
      [`is_response_to_${name}`]: () => this.is_response() && this.#message.method === method,
    };
  }

  is_response() {
    return Boolean(this.#message.status_code);
  }

  is_request() {
    return !this.is_response();
  }

  is_2xx() {
    return this.is_response_nxx(2);
  }

  /** @param {number} hundreds */
  is_response_nxx(hundreds) {
    return Math.floor(this.get_response_code() / 100) === hundreds;
  }

  get_response_code() {
    return this.#message.status_code ?? 0;
  }

  get_response_phrase() {
    return this.#message.reason_phrase ?? null;
  }

  /** @param {string} name @param {number} [index] */
  get_header_at(name, index = 0) {
    const text = this.#message.getHeaders(name)[index];
    if (text === undefined) return null;
    const known = addresses.find((each) => each.toLowerCase() === name.toLowerCase());
    return known ? addressView(known, text) : { s_name: name, s_value: text };
  }

  /** @param {string} name */
  get_header(name) {
    return this.get_header_at(name);
  }

  /** @param {string} name */
  get_header_value(name) {
    return this.#message.getHeader(name) ?? null;
  }

  has_content() {
    return Boolean(this.#message.body);
  }

  get_content() {
    return this.#message.body || null;
  }

  get_content_as_string() {
    return this.get_content();
  }

  get_content_length() {
    return Number(this.#message.getHeader('Content-Length') ?? 0);
  }

  get_content_type() {
    return this.#message.getHeader('Content-Type')?.split(';')[0].trim() ?? null;
  }

  /** In seconds: the header Expires, else what the Contact says; -1 if neither. */
  get_expires() {
    const inContact = this.#message.getHeader('Contact')?.match(/;\s*expires=(\d+)/i)?.[1];
    return Number(this.#message.getHeader('Expires') ?? inContact ?? -1);
  }

  /** @param {string} method */
  is_allowed(method) {
    return this.#lists('Allow', method);
  }

  /** @param {string} option */
  is_supported(option) {
    return this.#lists('Supported', option);
  }

  /** @param {string} option */
  is_required(option) {
    return this.#lists('Require', option);
  }

  toString() {
    return this.#message.toString();
  }

  /** @param {string} name @param {string} item */
  #lists(name, item) {
    const items = this.#message.getHeaders(name).flatMap((/** @type {string} */ text) => text.split(','));
    return items.some((/** @type {string} */ each) => each.trim().toLowerCase() === item.toLowerCase());
  }
}

/** @param {any} message request or response of JsSIP */
export const rawMessage = (message) => new RawMessage(message);
