// @ts-check
// The src property: where to connect, as whom, and what to publish and play.

/**
 * @typedef {object} Source
 * @property {string | null} scheme
 * @property {string | null} url all before the question mark
 * @property {string[]} args of connect: login, password, display name, rate
 * @property {boolean | undefined} bidirection undefined where the URL says nothing
 * @property {string | null} publish
 * @property {string | null} play
 * @property {string | null} farID
 * @property {string | null} group
 * @property {boolean} live
 * @property {boolean} record
 * @property {string | null} recordMode
 * @property {string | null} playMode
 */

/** @param {string | null} url */
export function schemeOf(url) {
  return /^([a-z]+):/i.exec(url ?? '')?.[1].toLowerCase() ?? null;
}

/**
 * Reads a src. Values are not escaped in it, as pages put them together by hand; those that are, are read as such.
 * @param {string | null} text
 * @returns {Source}
 */
export function parseSource(text) {
  const scheme = schemeOf(text);
  const isFile = scheme === 'http' || scheme === 'https';
  const [url, query = ''] = isFile ? [text] : cut(text ?? '', '?');
  const pairs = query.split('&').map((pair) => cut(pair, '='));
  /** @param {string} key */
  const value = (key) => {
    const found = pairs.filter(([name, given]) => name === key && given !== undefined).at(-1);
    return found ? unescaped(found[1] ?? '') : null;
  };
  /** @param {string} key */
  const flag = (key) => (pairs.some(([name]) => name === key) ? value(key) !== 'false' : undefined);
  return {
    scheme,
    url: url || null,
    args: pairs.filter(([name]) => name === 'arg').map(([, given]) => unescaped(given ?? '')),
    bidirection: flag('bidirection'),
    publish: value('publish'),
    play: value('play'),
    farID: value('farID'),
    group: value('group'),
    live: flag('live') ?? false,
    record: flag('record') ?? false,
    recordMode: value('recordMode'),
    playMode: value('playMode'),
  };
}

/**
 * @param {string} text
 * @param {string} separator
 * @returns {[string, string | undefined]}
 */
function cut(text, separator) {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

/** @param {string} text */
function unescaped(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a percent sign that means itself
  }
}

/** The schemes of RTMP. */
export const streamSchemes = ['rtmp', 'rtmps', 'rtmpt'];

/**
 * @typedef {object} Account
 * @property {string} address name@domain
 * @property {string} domain
 * @property {string} login
 * @property {string} password empty for one that only calls
 * @property {string} display
 */

/**
 * Gives the account of rtmp://host/sip/name@domain with its arguments; null if that is none.
 * @param {string} url
 * @param {string[]} args
 * @returns {Account | null}
 */
export function accountOf(url, args) {
  const scheme = schemeOf(url) ?? '';
  if (!streamSchemes.includes(scheme)) return null;
  const found = /^[a-z]+:\/\/[^/]*\/sip\/([A-Za-z0-9_.!~*'()&=+$,-]+)@([A-Za-z0-9.-]+)(:[0-9]+)?(\/|$)/i.exec(url);
  if (!found) return null;
  const [, name, domain] = found;
  const [login = '', password = '', display = ''] = args;
  return { address: `${name}@${domain}`, domain, login: login || name, password, display };
}
