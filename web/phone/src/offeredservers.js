// @ts-check
// The relays that a service offers to whom it has registered.

/**
 * What the answer to a REGISTER says in X-ICE-Servers; none if it says nothing that can be used.
 * @param {{ getHeader(name: string): string | undefined } | undefined} response
 * @returns {RTCIceServer[]}
 */
export function offeredServers(response) {
  try {
    return usableServers(JSON.parse(response?.getHeader('X-ICE-Servers') ?? '[]'));
  } catch {
    return [];
  }
}

/**
 * Those of a list from the service that can be used.
 * @param {unknown} list
 * @returns {RTCIceServer[]}
 */
export function usableServers(list) {
  return Array.isArray(list)
    ? list.filter(isServer).map(({ urls, username, credential }) => ({ urls, username, credential }))
    : [];
}

/** @param {any} entry @returns {entry is RTCIceServer} */
function isServer(entry) {
  const urls = Array.isArray(entry?.urls) ? entry.urls : [entry?.urls];
  return urls.length > 0 && urls.every((/** @type {unknown} */ url) => /^(stun|turn)s?:[^\s]+$/i.test(String(url)));
}
