// @ts-check
// Texts to and from others over JsSIP, outside of calls and in them (RFC 3428).
import { peerOf } from './peer.js';

/** What this page reads. Everything else is refused, so that its sender knows. */
const readable = /^text\/plain\s*(;|$)/i;

/**
 * Sends a text outside of calls.
 * @param {any} agent JsSIP's user agent
 * @param {string} uri
 * @param {string} text
 * @param {import('./chat.js').Answered} answered
 */
export function sendMessage(agent, uri, text, answered) {
  agent.sendMessage(uri, text, {
    contentType: 'text/plain;charset=UTF-8',
    eventHandlers: {
      succeeded: (/** @type {any} */ { response }) => answered(response.status_code),
      failed: (/** @type {any} */ { response, cause }) => answered(statusOf(response, cause)),
    },
  });
}

/**
 * Sends a text in the dialog of a call.
 * @param {any} session JsSIP's session
 * @param {string} text
 * @param {import('./chat.js').Answered} answered
 */
export function sendInCall(session, text, answered) {
  session.sendRequest('MESSAGE', {
    extraHeaders: ['Content-Type: text/plain;charset=UTF-8'],
    body: text,
    eventHandlers: {
      onSuccessResponse: (/** @type {any} */ response) => answered(response.status_code),
      onErrorResponse: (/** @type {any} */ response) => answered(response.status_code),
      onRequestTimeout: () => answered(408),
      onTransportError: () => answered(0),
      onDialogError: () => answered(481),
    },
  });
}

/**
 * Reads what others write, outside of calls and in them.
 * @param {any} agent JsSIP's user agent
 * @param {(peer: import('./chat.js').Peer, text: string) => void} received
 */
export function receiveMessages(agent, received) {
  agent.on('newMessage', (/** @type {any} */ { originator, message, request }) => {
    if (originator !== 'remote') return;
    if (!readable.test(request.getHeader('content-type') ?? 'text/plain')) {
      message.reject({ status_code: 415, extraHeaders: ['Accept: text/plain'] });
      return;
    }
    received(peerOf(message.remote_identity), request.body ?? '');
  });
}

/**
 * @param {any} response
 * @param {string} cause
 */
function statusOf(response, cause) {
  if (response) return response.status_code;
  return cause === 'Request Timeout' ? 408 : 0;
}
