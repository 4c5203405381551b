// @ts-check
// How the other party is called on the page.
import JsSIP from 'jssip';

/**
 * Names the party behind an identity that JsSIP read.
 * @param {{ display_name?: string | null, uri: { user?: string | null, host: string } }} identity
 * @returns {import('./call.js').Peer}
 */
export function peerOf({ display_name: displayName, uri }) {
  const user = readable(uri.user ?? '');
  const address = user ? `${user}@${uri.host}` : uri.host;
  return { name: displayName || user || uri.host, address };
}

/**
 * Hears who the other party of a call has become, by the Remote-Party-ID of an UPDATE.
 * @param {import('./call.js').Session} session
 * @param {(peer: import('./call.js').Peer) => void} introduced
 */
export function whenIntroduced(session, introduced) {
  session.on('update', (/** @type {any} */ { request }) => {
    const party = JsSIP.NameAddrHeader.parse(request.getHeader('Remote-Party-ID') ?? '');
    if (party) introduced(peerOf(/** @type {any} */ (party)));
  });
}

/**
 * Names the party behind what the user typed; the domain stands in where none was typed.
 * @param {string} typed
 * @param {string} domain
 * @returns {import('./call.js').Peer}
 */
export function peerFromTyped(typed, domain) {
  const service = serviceOf(typed);
  if (service) return { name: service, address: service };
  const bare = typed.trim().replace(/^(sips?|tel):/i, '');
  const at = bare.lastIndexOf('@');
  return at < 0 ? { name: bare, address: `${bare}@${domain}` } : { name: bare.slice(0, at), address: bare };
}

/** The name of a service that was typed, such as urn:service:sos (RFC 5031), or ''. @param {string} typed */
export function serviceOf(typed) {
  return /^urn:service:[a-z0-9]+(?:[.-][a-z0-9]+)*$/i.test(typed.trim()) ? typed.trim().toLowerCase() : '';
}

/**
 * Has a session ask for a service. JsSIP wants a SIP URI, so the one that it has says another name.
 * @param {import('./call.js').Session} session
 * @param {string} service or ''
 */
export function naming(session, service) {
  const name = { toString: { value: () => service } };
  if (service) {
    session.on('sending', (/** @type {any} */ { request }) =>
      Object.assign(request, { ruri: Object.create(request.ruri, name) }),
    );
  }
  return session;
}

/** What stands in the round picture of a party. @param {string} name */
export function initialOf(name) {
  const first = [...name].find((character) => /[\p{L}\p{N}]/u.test(character));
  return (first ?? '?').toUpperCase();
}

/** @param {string} user */
function readable(user) {
  try {
    return decodeURIComponent(user);
  } catch {
    return user;
  }
}
