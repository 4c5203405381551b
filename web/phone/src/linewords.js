// @ts-check
// How the line to the service stands, in plain words.

/** What a state of the line is called. @type {Readonly<Record<keyof typeof import('./linestate.js').LineState, string>>} */
export const stateWords = Object.freeze({
  off: 'Not registered',
  connecting: 'Connecting…',
  registering: 'Registering…',
  registered: 'Registered',
  open: 'Ready to call, not registered',
  lost: 'Reconnecting…',
  failed: 'Not registered',
});

/**
 * What a refused registration means (RFC 3261 section 10).
 * @param {number} status
 * @param {{ retryAfter?: number }} more in seconds, 0 if unknown
 */
export function wordsForRefusal(status, { retryAfter = 0 } = {}) {
  if (status === 403 && retryAfter > 0) return `Too many wrong passwords. Try again in ${waiting(retryAfter)}.`;
  switch (status) {
    case 401:
    case 403:
    case 407:
      return 'Name or password is wrong.';
    case 404:
      return 'The service does not know this name or domain.';
    case 408:
    case 504:
      return 'The server of this domain does not answer.';
    case 503:
      return 'The service is too busy or shutting down.';
    default:
      return `The service refused the registration (${status}).`;
  }
}

/**
 * Why the service cannot be reached, as far as a page can know.
 * @param {{ webSocket: string, wasConnected: boolean, attempts: number }} line
 */
export function wordsForLost({ webSocket, wasConnected, attempts }) {
  const host = new URL(webSocket).host;
  if (wasConnected && attempts < 2) return `The connection to ${host} was lost. Trying again…`;
  if (webSocket.startsWith('wss:')) {
    return `${host} cannot be reached. If its certificate is new, reload this page and accept it.`;
  }
  return `${host} cannot be reached. Is the service running? Trying again…`;
}

/** Whether trying the same again later can help. @param {number} status */
export function isTemporary(status) {
  return status === 408 || status === 480 || status >= 500;
}

/** @param {number} seconds */
function waiting(seconds) {
  return seconds < 120 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`;
}
