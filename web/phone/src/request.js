// @ts-check
// A request outside of any dialog, for which JsSIP has no method of its own: PUBLISH.
// @ts-expect-error JsSIP has no types for it
import RequestSender from 'jssip/lib/RequestSender.js';
import SIPMessage from 'jssip/lib/SIPMessage.js';

/**
 * Sends a request and tells of its final response; null if there was none.
 * @param {any} agent JsSIP's user agent
 * @param {string} method
 * @param {string} uri
 * @param {{ headers: string[], body: string }} content
 * @param {(response: any) => void} answered
 */
export function sendRequest(agent, method, uri, { headers, body }, answered) {
  const OutgoingRequest = /** @type {any} */ (SIPMessage).OutgoingRequest;
  const request = new OutgoingRequest(method, agent.normalizeTarget(uri), agent, {}, headers, body);
  new RequestSender(agent, request, {
    onRequestTimeout: () => answered(null),
    onTransportError: () => answered(null),
    onReceiveResponse: (/** @type {any} */ response) => {
      if (response.status_code >= 200) answered(response);
    },
  }).send();
}
