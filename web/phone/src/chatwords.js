// @ts-check
// Why a text did not arrive, in plain words. The status codes are those of RFC 3261 section 21.

/** @type {ReadonlyMap<number, string>} "{peer}" is whom we wrote to */
const refusals = new Map([
  [0, 'The connection to the service was lost. Nobody knows whether this arrived.'],
  [401, 'The service did not accept your password for this message.'],
  [403, 'You may not write to {peer}.'],
  [404, 'Nobody here is called {peer}. Check the name.'],
  [405, '{peer} takes no messages.'],
  [407, 'The service did not accept your password for this message.'],
  [408, '{peer} did not answer, so nobody knows whether this arrived.'],
  [413, 'The message is too long.'],
  [415, '{peer} cannot read such messages.'],
  [429, 'Too many messages in a short time. Wait a little and try again.'],
  [480, '{peer} is not there now. The service keeps no messages: try again later.'],
  [481, 'The call is over, and with it this way to {peer}. Send it again.'],
  [501, '{peer} takes no messages.'],
  [503, 'The service is too busy or shutting down. Try again later.'],
  [513, 'The message is too long.'],
  [603, '{peer} does not want this message.'],
]);

/**
 * Says why a text did not arrive.
 * @param {number} status of the final response; 0 if there was none
 * @param {string} peer
 */
export function wordsForMessage(status, peer) {
  const words = refusals.get(status) ?? `This did not reach {peer} (${status}).`;
  return words.replaceAll('{peer}', () => peer);
}
