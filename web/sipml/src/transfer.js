// @ts-check
import { result } from './errors.js';
import { ReferNotifier, randomToken } from './sip/jssip.js';

/** @typedef {import('./call.js').Call} Call */

/** How long the page may think about a transfer that is asked of us, in milliseconds: then the asker hears no. */
const decisionLimit = 25_000;

/** What a NOTIFY reports, as the response that it was. @param {any} notify @param {any} line */
function reported(notify, { status_code: code, reason_phrase: phrase }) {
  const none = /** @type {string[]} */ ([]);
  return {
    status_code: code,
    reason_phrase: phrase,
    method: 'INVITE',
    call_id: notify.call_id,
    cseq: 0,
    body: null,
    getHeaders: () => none,
    getHeader: () => undefined,
    toString: () => `SIP/2.0 ${code} ${phrase}\r\n\r\n`,
  };
}

/**
 * The Replaces that the Refer-To asks for (RFC 3891), '' if none; null if it cannot be a header of ours: decoded, it
 * could begin a line of its own.
 * @param {any} request
 */
function replacesOf(request) {
  try {
    const replaces = decodeURIComponent(request.refer_to.uri.getHeader('Replaces') ?? '');
    return /\p{Cc}/u.test(replaces) ? null : replaces;
  } catch {
    return null;
  }
}

/** Transfers of one call (RFC 3515): those that we ask for, and those that are asked of us. */
export class Transfer {
  #call;
  /** The REFER that waits for the page. @type {any} */
  #request = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {Call} call */
  constructor(call) {
    this.#call = call;
  }

  /** @param {any} target @param {any} [replaces] the session whose party is the target */
  send(target, replaces) {
    const call = this.#call;
    const session = /** @type {any} */ (call.conversation?.session);
    if (!call.conversation?.isConnected) return result.ok;
    const by = `Referred-By: <${call.core.settings.impu.address}>;cid=${randomToken(11)}`;
    const subscriber = session.refer(target, {
      replaces,
      extraHeaders: [by, 'Refer-Sub: true', 'Supported: norefersub', ...call.dialogLines()],
    });
    if (!subscriber) return result.failed;
    call.tell('o_ect_trying', 'Call Transfer Initiated');
    this.#follow(subscriber);
    return result.ok;
  }

  /** @param {any} request */
  requested(request) {
    if (this.#request) {
      request.reply(491);
      return;
    }
    if (replacesOf(request) === null) {
      request.reply(400);
      return;
    }
    this.#request = request;
    this.#timer = setTimeout(() => this.reject(), decisionLimit);
    this.#call.tell('i_ect_requested', 'Incoming Request', request);
  }

  accept() {
    const request = this.#take();
    if (!request) return result.failed;
    request.reply(202);
    const call = this.#call;
    const notifier = new ReferNotifier(call.conversation?.session, request.cseq);
    const next = call.another();
    call.tellWith('i_ect_new_call', 'ECTing', { message: request, newSession: next });
    const target = request.refer_to.uri.clone();
    const replaces = replacesOf(request);
    target.clearHeaders();
    queueMicrotask(() => {
      const conversation = next.begin(target, replaces ? [`Replaces: ${replaces}`] : []);
      conversation.onResponse = (response) => this.#report(notifier, request, response);
    });
    return result.ok;
  }

  reject() {
    const request = this.#take();
    if (!request) return result.failed;
    request.reply(603, null, ['Reason: SIP; cause=603; text="Decline"']);
    return result.ok;
  }

  close() {
    if (this.#request) this.reject();
  }

  /** @param {any} subscriber of JsSIP */
  #follow(subscriber) {
    const call = this.#call;
    subscriber.on('requestSucceeded', (/** @type {any} */ { response }) =>
      call.tellResponse('o_ect_accepted', response),
    );
    subscriber.on('requestFailed', (/** @type {any} */ { response, cause }) =>
      call.tell('o_ect_failed', response?.reason_phrase ?? cause, response),
    );
    /** @param {string} [outcome] */
    const news =
      (outcome) =>
      (/** @type {any} */ { request, status_line: line }) => {
        const response = reported(request, line);
        call.tellResponse('o_ect_notify', response);
        if (outcome) call.tellResponse(outcome, response);
      };
    subscriber.on('trying', news());
    subscriber.on('progress', news());
    subscriber.on('accepted', news('o_ect_completed'));
    subscriber.on('failed', news('o_ect_failed'));
  }

  /** Lets the asker know how the new call goes. @param {any} notifier @param {any} request @param {any} response */
  #report(notifier, request, response) {
    const call = this.#call;
    const { status_code: code, reason_phrase: phrase } = response;
    if (!call.conversation) return;
    notifier.notify(code, phrase);
    // sipML5 told its own report by the name of those that come in.
    for (const type of ['i_ect_notify', 'o_ect_notify']) call.tellResponse(type, response);
    if (code >= 300) call.tell('i_ect_failed', phrase, request);
    if (code < 200 || code >= 300) return;
    call.tell('i_ect_completed', phrase, request);
    call.hangup();
  }

  #take() {
    clearTimeout(this.#timer);
    const request = this.#request;
    this.#request = null;
    return request;
  }
}
