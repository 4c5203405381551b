// @ts-check
import { callStates as states } from './callstates.js';
import { result } from './errors.js';
import { log } from './log.js';
import { hold, resume, sendInfo } from './indialog.js';
import { isAnsweredElsewhere, listenTo } from './sip/events.js';
import { InviteSession } from './sip/invitesession.js';
import { NameAddrHeader } from './sip/jssip.js';

/** How long the answer to a CANCEL is waited for, in milliseconds. */
const cancelLimit = 5000;

const terminating = 'Call terminating...';
const terminated = 'Call terminated';
const rejected = 'Call Rejected';

/** One dialog of a call from its beginning to its end: JsSIP's events made sipML5's. */
export class Conversation {
  /** @type {InviteSession | null} */
  session = null;
  isIncoming = false;
  /** @type {string} */
  #state = states.asking;
  #call;
  #hasMediaStarted = false;
  #isSent = false;
  /** @type {Promise<MediaStream | null>} */
  #local = Promise.resolve(null);
  /** @type {() => void} */
  #resolveOver = () => {};
  /** @type {Promise<void>} */
  over = new Promise((resolve) => (this.#resolveOver = resolve));
  /** Told of each response to our INVITE. @type {(response: any) => void} */
  onResponse = () => {};

  /** @param {import('./call.js').Call} call */
  constructor(call) {
    this.#call = call;
  }

  get isConnected() {
    return this.#state === states.connected;
  }

  /** @param {any} target @param {string[]} [headers] */
  call(target, headers = []) {
    const { core } = this.#call;
    core.tellStack('m_permission_requested', 'Media Requested');
    this.#call.tell('connecting', 'Call in progress...');
    this.#local = this.#capture();
    void this.#local.then((stream) => {
      if (stream && this.#state === states.asking) this.#invite(target, stream, headers);
    });
  }

  /** @param {InviteSession} session @param {any} request */
  ring(session, request) {
    const { core } = this.#call;
    this.isIncoming = true;
    this.#state = states.ringing;
    this.#listen(session);
    core.tellStack('m_permission_requested', 'Media Requested');
    core.tellStack('i_new_call', 'Incoming Call', { message: request, newSession: this.#call });
    this.#local = this.#capture();
  }

  accept() {
    if (this.#state !== states.ringing) return result.ok;
    this.#state = states.answering;
    void this.#local.then((stream) => {
      if (!stream || this.#state !== states.answering) return;
      const session = /** @type {InviteSession} */ (this.session);
      session.bandwidth = this.#call.media.bandwidth;
      session.answer({ mediaStream: stream, pcConfig: this.#configuration(), extraHeaders: this.#call.dialogLines() });
    });
    return result.ok;
  }

  hangup() {
    if (this.#state === states.ringing || this.#state === states.answering) {
      this.#refuse('Decline', rejected);
    } else if (this.#state === states.connected) {
      this.#call.tell('terminating', terminating);
      this.session?.terminate({ extraHeaders: this.#call.dialogLines() });
    } else if (this.#state === states.asking || this.#state === states.calling) {
      this.#cancel();
    }
    return result.ok;
  }

  hold() {
    void hold(this.#call);
    return result.ok;
  }

  resume() {
    if (this.#call.media.isHeld) void resume(this.#call);
    return result.ok;
  }

  /** @param {string} content @param {string} [contentType] */
  info(content, contentType) {
    if (this.session && this.#isSent) sendInfo(this.#call, this.session, content, contentType);
    return result.ok;
  }

  /** The connection is gone for good, and nothing can be sent any more. */
  abandon() {
    this.#end('Transport error');
    this.#quietly(() => this.session?.terminate());
  }

  /** @returns {Promise<MediaStream | null>} null if there is none; the call has ended then */
  async #capture() {
    const { core, media, mediaType } = this.#call;
    try {
      const stream = await media.capture(mediaType);
      core.tellStack('m_permission_accepted', 'Media Accepted');
      if (this.#state === states.ended) {
        media.release();
        return null;
      }
      media.showLocal();
      return stream;
    } catch (error) {
      log.warn(error);
      core.tellStack('m_permission_refused', 'Media Refused');
      this.#noMedia(/** @type {Error} */ (error));
      return null;
    }
  }

  /** @param {Error} error */
  #noMedia(error) {
    if (this.#state === states.ended) return;
    this.#call.tell('webrtc_error', `${error.name}: ${error.message}`);
    const words = 'Media stream permission denied';
    if (this.isIncoming) {
      this.#refuse(words, rejected);
    } else {
      this.#call.tell('terminating', terminating);
      this.#end(words);
    }
  }

  /** @param {any} target @param {MediaStream} stream @param {string[]} headers */
  #invite(target, stream, headers) {
    const { core, media } = this.#call;
    this.#state = states.calling;
    const session = new InviteSession(core.agent);
    session.bandwidth = media.bandwidth;
    session.onResponse = (response) => this.#responded(response);
    this.#listen(session);
    session.connect(target, {
      mediaStream: stream,
      pcConfig: this.#configuration(),
      extraHeaders: [...headers, ...this.#call.headerLines()],
    });
  }

  #configuration() {
    const { settings, offeredServers } = this.#call.core;
    return { iceServers: settings.iceServers.length > 0 ? settings.iceServers : offeredServers };
  }

  /** @param {InviteSession} session */
  #listen(session) {
    const call = this.#call;
    this.session = session;
    session.onRequest = (request, isOurs) => call.tellRequest(request, isOurs);
    listenTo(session, {
      attached: (connection) => call.media.attach(connection),
      sending: (request) => this.#sending(request),
      earlyMedia: (response) => this.#earlyMedia(response),
      accepted: (response) => this.#accepted(response),
      heldByRemote: (isHeld, offer) => {
        call.tell(isHeld ? 'm_remote_hold' : 'm_remote_resume', 'Hold/Resume state changed', offer);
        call.media.showRemote();
      },
      referred: (request) => call.transferRequested(request),
      informed: (request) => call.tell('i_info', 'Incoming Request', request),
      badMedia: (words) => call.tell('webrtc_error', words),
      ended: (cause) => this.#over(cause),
      failed: (failure) => this.#failed(failure),
    });
  }

  /** The INVITE as it should be leaves. @param {any} request */
  #sending(request) {
    const { from, contact } = this.#call;
    this.#isSent = true;
    request.setHeader('contact', contact);
    if (from) {
      request.from = new NameAddrHeader(from, from.display_name, { tag: request.from.getParam('tag') });
      request.setHeader('from', request.from.toString());
    }
    this.#call.tellRequest(request, true);
  }

  /** @param {any} response */
  #responded(response) {
    const { status_code: code } = response;
    this.onResponse(response);
    if (this.#state === states.cancelling && code >= 200) this.#end(response.reason_phrase, response);
    if (this.#state === states.calling && code < 200 && !response.body) {
      this.#call.tellResponse('i_ao_request', response);
    }
  }

  /** @param {any} response */
  #earlyMedia(response) {
    if (this.#state !== states.calling) return;
    if (!this.#hasMediaStarted) this.#call.tellResponse('m_early_media', response);
    this.#hasMediaStarted = true;
    this.#call.tellResponse('i_ao_request', response);
    this.#call.media.showRemote();
  }

  /** @param {any} response null if we answered */
  #accepted(response) {
    this.#state = states.connected;
    this.#isSent = true;
    if (response) {
      this.#call.tellResponse('m_early_media', response);
      this.#call.tell('connected', 'In Call');
      this.#call.media.showRemote();
    } else {
      this.#call.media.showRemote();
      this.#call.tell('connected', 'In call');
    }
  }

  #cancel() {
    this.#call.tell('terminating', terminating);
    this.#state = states.cancelling;
    this.#quietly(() => this.session?.terminate());
    if (this.#isSent) this.#call.tellNamed('cancelled_request', 'Request Cancelled');
    if (this.#isSent) setTimeout(() => this.#end(terminated), cancelLimit);
    else this.#end(terminated);
  }

  /** @param {string} words for the caller @param {string} phrase for the page */
  #refuse(words, phrase) {
    const session = this.session;
    this.#end(phrase);
    const answer = {
      status_code: 603,
      reason_phrase: words,
      extraHeaders: [`Reason: SIP; cause=603; text="${words}"`],
    };
    this.#quietly(() => session?.terminate(answer));
  }

  /** @param {string} cause in JsSIP's words */
  #over(cause) {
    if (cause === 'RTP Timeout') this.#call.tell('webrtc_error', 'The way of the media is gone');
    if (cause === 'Request Timeout') this.#call.tell('transport_error', 'Transport error');
    this.#end(terminated);
  }

  /** @param {{ originator: string, message: any, cause: string }} failure */
  #failed({ originator, message, cause }) {
    if (this.#state === states.cancelling || this.#state === states.ended) return;
    if (message?.status_code) {
      this.#call.tellResponse('i_ao_request', message);
      this.#end(message.reason_phrase, message);
    } else if (originator === 'remote') {
      if (isAnsweredElsewhere(message)) this.#end('Call completed elsewhere', message);
      else this.#end('Request Cancelled');
    } else if (cause === 'Connection Error' || cause === 'Request Timeout') {
      this.#call.tell('transport_error', 'Transport error');
      this.#end('Transport error');
    } else {
      this.#call.tell('webrtc_error', message || cause);
      this.#call.tellNamed('global_error', 'Global error');
      this.#end('Failed to get local SDP');
    }
  }

  /** @param {string} phrase @param {any} [message] */
  #end(phrase, message) {
    if (this.#state === states.ended) return;
    this.#state = states.ended;
    this.#call.tell('terminated', phrase, message);
    this.#call.ended();
    this.#resolveOver();
  }

  /** JsSIP throws at a session that has ended meanwhile. @param {() => void} act */
  #quietly(act) {
    try {
      act();
    } catch (error) {
      log.info(error);
    }
  }
}
