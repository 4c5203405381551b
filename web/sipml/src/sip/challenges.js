// @ts-check
// JsSIP reads one challenge of a response, whatever its algorithm. This leaves it the one that it can answer.
import { isKnown } from './digest.js';

const header = /^(WWW-Authenticate|Proxy-Authenticate)\s*:\s*Digest\s.*$/i;

/** @param {string} line */
const algorithmOf = (line) => line.match(/[\s,]algorithm\s*=\s*"?([\w-]+)/i)?.[1];

/**
 * Keeps of several challenges of one kind the first that can be answered, for servers put the best first (RFC 8760
 * section 2.4). Messages with one challenge stay as they are.
 * @param {string} text a whole SIP message
 */
export function oneChallenge(text) {
  if (!/^SIP\/2\.0 40[17] /.test(text)) return text;
  const end = text.indexOf('\r\n\r\n');
  const lines = text.slice(0, end).split('\r\n');
  const challenges = lines.filter((line) => header.test(line));
  if (challenges.length < 2) return text;
  const kept = challenges.find((line) => isKnown(algorithmOf(line))) ?? challenges[0];
  const rest = lines.filter((line) => line === kept || !challenges.includes(line));
  return rest.join('\r\n') + text.slice(end);
}
