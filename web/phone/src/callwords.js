// @ts-check
// Why a call ended or never began, in plain words. The status codes are those of RFC 3261 section 21.

/** What a final response to our call means; "{peer}" is whom we called. */
const refusals = new Map([
  [400, 'The call was not understood on the way to {peer}.'],
  [401, 'The service did not accept your password for this call.'],
  [403, 'You may not call {peer}.'],
  [404, 'Nobody here is called {peer}. Check the name or number.'],
  [405, '{peer} takes no calls.'],
  [407, 'The service did not accept your password for this call.'],
  [408, '{peer} did not answer.'],
  [410, '{peer} is no longer there.'],
  [413, 'The call was too big for the service.'],
  [415, '{peer} and this browser have no common way to talk.'],
  [416, 'That kind of address cannot be called.'],
  [429, 'Too many calls in a short time. Wait a little and try again.'],
  [480, '{peer} cannot be reached right now.'],
  [481, 'The call no longer exists.'],
  [482, 'The call went around in a circle.'],
  [483, 'The call was passed on too often.'],
  [484, 'The number is not complete.'],
  [485, 'The name {peer} is not clear enough.'],
  [486, '{peer} is busy.'],
  [487, 'The call was cancelled.'],
  [488, '{peer} and this browser have no common way to talk.'],
  [500, 'The service failed to place the call.'],
  [501, 'The service cannot place such a call.'],
  [502, 'The way to {peer} failed.'],
  [503, 'The service is too busy or shutting down. Try again later.'],
  [504, 'The way to {peer} did not answer in time.'],
  [600, '{peer} is busy.'],
  [603, '{peer} declined the call.'],
  [604, 'Nobody is called {peer}.'],
  [606, '{peer} and this browser have no common way to talk.'],
  [607, '{peer} does not want this call.'],
]);

/** What a class of responses means where the code says nothing more. */
const classes = new Map([
  [3, '{peer} has moved to another address.'],
  [4, 'The call to {peer} was refused.'],
  [5, 'The service failed to place the call.'],
  [6, '{peer} refused the call.'],
]);

/** What JsSIP's own causes mean, where no message of the other side says it. */
const causes = new Map([
  ['Connection Error', 'The connection to the service was lost.'],
  ['Request Timeout', 'The service did not answer.'],
  ['Internal Error', 'The browser could not set up the call.'],
  ['Incompatible SDP', 'Both sides have no common way to talk.'],
  ['Missing SDP', 'The other side sent no description of its sound.'],
  ['WebRTC Error', 'The browser could not set up the sound.'],
  ['Canceled', 'Call cancelled.'],
  ['No Answer', 'Missed call from {peer}.'],
  ['Expires', 'Missed call from {peer}.'],
  ['No ACK', 'The other side was lost while answering.'],
  ['Dialog Error', 'The service no longer has this call: it was away too long, or was restarted.'],
  ['Bad Media Description', 'The browser could not use the sound that the other side offered.'],
  ['RTP Timeout', 'No sound gets through between this browser and the service. A firewall or VPN may block UDP.'],
]);

/** What a Reason header means in a BYE or CANCEL (RFC 3326). */
const reasons = new Map([
  [200, 'Answered elsewhere.'],
  [408, 'No more sound came from the other side.'],
  [488, 'Both sides have no common way to talk.'],
  [503, 'The service is shutting down.'],
  [603, 'Declined on another device.'],
]);

/**
 * @typedef {{ protocol?: string, cause: number }} Reason a Reason header (RFC 3326)
 *
 * @typedef {object} Told how JsSIP tells that a call is over
 * @property {string} originator local, remote or system
 * @property {string} [cause]
 * @property {{ status_code?: number, call_id?: string, parseHeader?: (name: string) => Reason | undefined } | null} [message]
 */

/**
 * Says why a call is over.
 * @param {Told} told
 * @param {{ peer: string }} call the name of whom it was with
 * @returns {{words: string, failed: boolean}} failed is false where nothing went wrong
 */
export function wordsForEnd({ originator, cause = '', message }, call) {
  const said = (/** @type {string} */ words, failed = true) => ({
    words: words.replaceAll('{peer}', () => call.peer),
    failed,
  });
  if (message?.status_code) return said(wordsForStatus(message.status_code));
  const reason = originator === 'remote' ? message?.parseHeader?.('reason') : undefined;
  const words = reason?.protocol === 'sip' ? reasons.get(reason.cause) : undefined;
  if (reason && words) return said(words, reason.cause >= 300);
  if (cause === 'Terminated') return said(originator === 'local' ? 'You hung up.' : '{peer} hung up.', false);
  if (originator === 'remote' && cause === 'Canceled') return said('Missed call from {peer}.', false);
  if (originator === 'local' && cause === 'Rejected') return said('You declined the call from {peer}.', false);
  return said(causes.get(cause) ?? 'The call ended.', !['Canceled', 'No Answer', 'Expires'].includes(cause));
}

/** @param {number} status */
function wordsForStatus(status) {
  return refusals.get(status) ?? classes.get(Math.floor(status / 100)) ?? 'The call ended.';
}

/**
 * Why a call is over, by what JsSIP tells.
 * @param {Pick<import('./call.js').Call, 'transfer' | 'peer' | 'direction' | 'startedAt'>} call
 * @param {Told} told
 * @returns {import('./call.js').End}
 */
export function endOf({ transfer, peer, direction, startedAt }, told) {
  if (transfer?.done) return { words: `${peer.name} talks to ${transfer.name} now.`, failed: false, status: 0 };
  const missed = direction === 'incoming' && !startedAt && isMissed(told);
  const { status_code: status = 0, call_id: callId = '' } = told.message ?? {};
  return { ...wordsForEnd(told, { peer: peer.name }), missed, status, ...(callId && { callId }) };
}

/**
 * Tells whether a call that rang here is one that the user missed: nobody took it or declined it, here or elsewhere.
 * (RFC 3326 for the reason of a CANCEL)
 * @param {Told} told
 */
export function isMissed({ originator, cause, message }) {
  if (originator === 'local') return cause === 'No Answer' || cause === 'Expires';
  const reason = message?.parseHeader?.('reason');
  return reason?.protocol !== 'sip' || (reason.cause !== 200 && reason.cause < 600);
}
