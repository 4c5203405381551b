// @ts-check
// The relays that a service offers to whom it has registered.

/**
 * Tells what the service offers each time that it takes our registration. JsSIP's own event comes the first time alone, and
 * the passwords of relays end.
 * @param {any} agent of JsSIP
 * @param {(servers: RTCIceServer[]) => void} offered
 */
export function followOffers(agent, offered) {
  agent.on('newTransaction', (/** @type {any} */ { transaction: { request, eventHandlers } }) => {
    if (request.method !== 'REGISTER' || !eventHandlers) return;
    const { onReceiveResponse } = eventHandlers;
    eventHandlers.onReceiveResponse = (/** @type {any} */ response) => {
      if (response.status_code >= 200 && response.status_code < 300) offered(offeredServers(response));
      onReceiveResponse(response);
    };
  });
}

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
