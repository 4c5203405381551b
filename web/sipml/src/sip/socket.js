// @ts-check
import { oneChallenge } from './challenges.js';
import { WebSocketInterface } from './jssip.js';

/**
 * The User-Agent that the page set stands in place of JsSIP's, which is always the last.
 * @param {string} text a whole SIP message
 */
export function oneUserAgent(text) {
  const end = text.indexOf('\r\n\r\n');
  const lines = text.slice(0, end).split('\r\n');
  const agents = lines.filter((line) => /^User-Agent:/i.test(line));
  if (agents.length < 2) return text;
  const last = lines.lastIndexOf(agents[agents.length - 1]);
  return lines.filter((_, at) => at !== last).join('\r\n') + text.slice(end);
}

/** SIP over WebSocket, with what JsSIP gets and gives in the form it should have. */
export class Socket extends WebSocketInterface {
  /** @param {string} url */
  constructor(url) {
    super(url);
  }

  /** @param {string} message */
  send(message) {
    return super.send(oneUserAgent(message));
  }

  /** @param {{ data: string | ArrayBuffer }} event */
  _onMessage({ data }) {
    const text = typeof data === 'string' ? data : new TextDecoder().decode(data);
    super._onMessage({ data: oneChallenge(text) });
  }
}
