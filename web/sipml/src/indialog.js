// @ts-check
// Requests within the dialog of a call, and what is told of their outcome.

/** @typedef {import('./call.js').Call} Call */

/**
 * @param {Call} call
 * @param {import('./sip/invitesession.js').InviteSession} session
 * @param {string} content
 * @param {string} [contentType]
 */
export function sendInfo(call, session, content, contentType) {
  const refused = (/** @type {any} */ response) => call.tellResponse('message_error', response);
  session.sendRequest('INFO', {
    extraHeaders: [...(contentType ? [`Content-Type: ${contentType}`] : []), ...call.dialogLines()],
    body: content,
    eventHandlers: {
      onErrorResponse: refused,
      onDialogError: () => session.onDialogError(),
    },
  });
}

/**
 * Asks whether the service still has the call, and ends it if not: a service that was restarted has none, and cannot say
 * so by itself (RFC 3261 section 12.2.1.2).
 * @param {import('./sip/invitesession.js').InviteSession} session
 */
export function askWhetherThere(session) {
  const onDialogError = (/** @type {any} */ { status_code: code }) => code === 481 && session.onDialogError();
  session.sendRequest('OPTIONS', { eventHandlers: { onDialogError } });
}

/**
 * Makes an offer and tells of its outcome.
 * @param {Call} call
 * @param {string} event its name without the outcome
 * @param {boolean} isHolding what the offer says
 * @returns {Promise<boolean>} whether it was agreed to
 */
async function offer(call, event, isHolding) {
  const { conversation } = call;
  const session = conversation?.session;
  if (!session) return false;
  const wasHolding = session.isHolding;
  session.isHolding = isHolding;
  try {
    call.tellResponse(`${event}_ok`, await session.reoffer(call.dialogLines()));
    return true;
  } catch (refusal) {
    session.isHolding = wasHolding;
    if (call.conversation !== conversation) return false;
    const { status_code: code, reason_phrase: phrase, message } = /** @type {any} */ (refusal);
    call.tell(`${event}_nok`, phrase ?? message, code && refusal);
    return false;
  }
}

/** @param {Call} call */
export async function hold(call) {
  const wasHeld = call.media.isHeld;
  call.media.hold();
  if (await offer(call, 'm_local_hold', true)) call.media.keepHeld();
  else if (!wasHeld && call.conversation) call.media.resume();
}

/** @param {Call} call */
export async function resume(call) {
  call.media.resume();
  if ((await offer(call, 'm_local_resume', false)) || !call.conversation) return;
  call.media.hold();
  call.media.keepHeld();
}
