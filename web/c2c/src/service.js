// @ts-check
// Asks the service for a call, as JSON.

/**
 * What lets this page call: a token for the WebSocket, who the visitor is there, whom to ask for, and the relays that bring
 * media through firewalls.
 * @typedef {{ token: string, websocket: string, from: string, to: string, ice_servers?: unknown }} Pass
 */

/** Why no call came about, in words for the visitor. */
export class Refused extends Error {}

/** What the statuses of the service mean. */
const words = new Map([
  [403, 'This page may not call that address.'],
  [429, 'Too many calls in a short time. Wait a little and try again.'],
]);

/**
 * @param {string} service where the service is, scheme://host[:port]
 * @param {string} to whom to call: a SIP address, or the e-mail address of an account
 * @param {typeof fetch} ask
 * @returns {Promise<Pass>}
 */
export async function askForPass(service, to, ask = fetch) {
  let response;
  try {
    response = await ask(`${service}/c2c/`, {
      method: 'POST',
      credentials: 'omit',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ action: 'req_call', to }),
    });
  } catch {
    throw new Refused('The service cannot be reached.');
  }
  if (!response.ok) throw new Refused(words.get(response.status) ?? 'The service cannot place the call now.');
  return response.json();
}

/**
 * The address of SIP over WebSocket, with the token that lets the visitor in.
 * @param {string} service
 * @param {Pass} pass
 */
export function socketURL(service, { websocket, token }) {
  const url = new URL(websocket, service);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.searchParams.set('access_token', token);
  return url.href;
}
