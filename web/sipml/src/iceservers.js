// @ts-check
import { invalidValue } from './errors.js';

/**
 * A list that was written as JavaScript, as in pages of sipML5, made into JSON: names without quotes, strings in
 * single ones. It is never run.
 * @param {string} text
 */
function parseLoosely(text) {
  const json = text
    .replace(/'((?:[^'\\]|\\.)*)'/g, (_, inner) => JSON.stringify(inner.replace(/\\'/g, "'")))
    .replace(/([{,]\s*)(\w+)\s*:/g, '$1"$2":')
    .replace(/,(\s*[\]}])/g, '$1');
  try {
    return JSON.parse(json);
  } catch {
    throw invalidValue(`'${text}' is not valid as ice_servers value`);
  }
}

/**
 * What RTCPeerConnection wants, from an array or a string, with url or urls. An empty list is none, and so is
 * nothing: sipML5 had servers of its own then, half of them dead.
 * @param {unknown} servers
 * @returns {RTCIceServer[]}
 */
export function iceServersFrom(servers) {
  const list = typeof servers === 'string' ? parseLoosely(servers) : servers;
  if (!Array.isArray(list)) throw invalidValue(`'${servers}' is not valid as ice_servers value`);
  return list.map(({ url, urls, ...rest }) => ({ ...rest, urls: urls ?? url })).filter(({ urls }) => urls);
}
