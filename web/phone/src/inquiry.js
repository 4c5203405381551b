// @ts-check
// Whether the service still has a call. A service that was started anew has none, and cannot say so by itself.

/** Asks, and ends the call if it is gone (RFC 3261 section 12.2.1.2). @param {any} session JsSIP's */
export function askWhetherThere(session) {
  session.sendRequest('OPTIONS', {
    eventHandlers: {
      onDialogError: (/** @type {{ status_code: number }} */ { status_code: status }) => {
        if (status === 481) session.terminate({ cause: 'Dialog Error' });
      },
    },
  });
}
