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
  const answered = (/** @type {any} */ response) => call.tellResponse('i_ao_request', response);
  session.sendRequest('INFO', {
    extraHeaders: [...(contentType ? [`Content-Type: ${contentType}`] : []), ...call.dialogLines()],
    body: content,
    eventHandlers: {
      onSuccessResponse: answered,
      onErrorResponse: answered,
      onDialogError: () => session.onDialogError(),
    },
  });
}

/**
 * Offers what the call's media now say.
 * @param {Call} call
 * @param {string} event its name without the outcome
 * @param {() => void} undo what the media were changed by
 */
export async function reoffer(call, event, undo) {
  const { conversation } = call;
  try {
    call.tellResponse(`${event}_ok`, await conversation?.session?.reoffer(call.dialogLines()));
  } catch (refusal) {
    if (call.conversation !== conversation) return;
    undo();
    const { status_code: code, reason_phrase: phrase, message } = /** @type {any} */ (refusal);
    call.tell(`${event}_nok`, phrase ?? message, code && refusal);
  }
}
