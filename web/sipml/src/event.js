// @ts-check
import { rawMessage } from './sip/rawmessage.js';

/** What is behind an event: its phrase, and the SIP message that made it, if one did. */
export class Cause {
  #message;

  /**
   * @param {string} phrase
   * @param {any} [message] request or response as JsSIP read or wrote it
   */
  constructor(phrase, message) {
    this.s_phrase = phrase;
    this.#message = message ? rawMessage(message) : null;
    this.i_code = this.#message?.get_response_code() || -1;
  }

  get_message() {
    return this.#message;
  }

  get_phrase() {
    return this.s_phrase;
  }

  get_code() {
    return this.i_code;
  }
}

/** What a listener is given. */
export class Event {
  /**
   * @param {string} type
   * @param {Cause} [cause] the type stands in for its phrase
   */
  constructor(type, cause) {
    this.type = type;
    this.description = cause ? cause.s_phrase : type;
    this.o_event = cause;
  }

  /** The status code of the response behind the event; -1 if none is. */
  getSipResponseCode() {
    const message = this.#message();
    return message?.is_response() ? message.get_response_code() : -1;
  }

  getContent() {
    return this.#message()?.get_content() ?? null;
  }

  getContentString() {
    return this.#message()?.get_content_as_string() ?? null;
  }

  getContentType() {
    return this.#message()?.get_content_type() ?? null;
  }

  #message() {
    return this.o_event?.get_message() ?? null;
  }
}

/** An event of a stack. newSession is there with i_new_call and i_new_message. */
export class StackEvent extends Event {
  /** @type {any} */
  newSession;
}

/** An event of a session. newSession is there with i_ect_new_call. */
export class SessionEvent extends Event {
  /** @type {any} */
  newSession;

  /**
   * @param {any} session
   * @param {string} type
   * @param {Cause} [cause]
   */
  constructor(session, type, cause) {
    super(type, cause);
    this.session = session;
  }

  /** How the party is called that a transfer goes to; null if the event is of no transfer. */
  getTransferDestinationFriendlyName() {
    const target = /** @type {any} */ (this.o_event?.get_message()?.get_header('Refer-To'));
    return target?.o_uri ? target.o_uri.s_display_name || target.o_uri.s_user_name : null;
  }
}
