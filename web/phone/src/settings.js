// @ts-check
// What the user can set beside his account. Each setting has the name that it has in the page's address
// (?websocket_path=/sip&register_interval=60) and as the id of its field. The names are those of the sip-js phone, so
// that its links go on working.

/**
 * @typedef {object} Parameter
 * @property {string | boolean} standard what it is if nobody says anything
 * @property {boolean} keeps whether the browser keeps it for the next visit
 * @property {readonly string[]} [choices] what it can be
 *
 * @typedef {Record<string, string | boolean>} Values
 */

/** @type {(standard: string | boolean, keeps?: boolean, choices?: readonly string[]) => Parameter} */
const parameter = (standard, keeps = false, choices) => Object.freeze({ standard, keeps, choices });

/**
 * All of them. What names the user, or whom to call, is not kept here; a password is kept nowhere.
 * @type {Readonly<Record<string, Parameter>>}
 */
export const parameters = Object.freeze({
  displayname: parameter(''),
  username: parameter(''),
  domain: parameter(''),
  authname: parameter('', true),
  password: parameter(''),
  transport: parameter('ws', false, ['ws', 'wss', 'udp', 'tcp', 'tls']),
  outbound: parameter('target', true, ['target', 'proxy']),
  outbound_proxy_address: parameter('', true),
  register_interval: parameter('600', true),
  has_registration: parameter(true, true),
  rport: parameter(true),
  sipoutbound: parameter(true),
  target_scheme: parameter('sip', true, ['sip', 'tel', 'urn']),
  target_value: parameter(''),
  target: parameter(''),
  has_audio: parameter(true, true),
  has_tones: parameter(true, true),
  has_video: parameter(false, true),
  has_text: parameter(true),
  has_location: parameter(false),
  location: parameter(''),
  log_scroll: parameter(true, true),
  network_type: parameter('WebRTC', false, ['WebRTC', 'Flash']),
  listen_ip: parameter(''),
  websocket_path: parameter('', true),
  enable_sound_alert: parameter(true, true),
  webrtc_servers: parameter('', true),
  user_agent: parameter('', true),
  server: parameter('', true),
});

/** What of them a page cannot do or the user should know, by what the address asks for and what is set then. */
const notices = Object.freeze([
  {
    asked: (/** @type {Values} */ { network_type: type }) => type === 'Flash',
    words: 'Browsers have no Flash any more; this page talks by WebRTC.',
  },
  {
    asked: (/** @type {Values} */ { transport }) => transport !== 'ws' && transport !== 'wss',
    words: 'A page reaches its service by WebSocket only; the service speaks UDP, TCP and TLS to others.',
  },
  {
    asked: (/** @type {Values} */ { has_location: location }) => location === true,
    words: 'The link to this page lets those whom you call know where you are. Switch it off under Options.',
  },
  {
    asked: (/** @type {Values} */ { listen_ip: address }) => Boolean(address),
    words: 'A browser chooses by itself at which address it listens.',
  },
  {
    asked: (/** @type {Values} */ { outbound_proxy_address: address }, /** @type {Values} */ { outbound }) =>
      outbound === 'proxy' && Boolean(address),
    words: 'The link to this page leads your registration to another service. Register only if you trust it.',
  },
]);

/**
 * Reads the settings: those in the page's address before those that were kept.
 * @param {string} search the page's address from "?" on
 * @param {Values} kept
 * @returns {{ values: Values, notices: string[] }} and what the address asks for in vain, or should be known
 */
export function settingsFrom(search, kept = {}) {
  const given = new URLSearchParams(search);
  /** @type {Values} */
  const values = {};
  /** @type {Values} */
  const asked = { transport: 'ws' };
  for (const [name, { standard, choices }] of Object.entries(parameters)) {
    const text = given.get(name);
    const value = text === null ? kept[name] : valueOf(text, standard);
    const fits = typeof value === typeof standard && (!choices || choices.includes(String(value)));
    values[name] = fits ? value : standard;
    if (text !== null) asked[name] = values[name];
  }
  return { values, notices: notices.filter((notice) => notice.asked(asked, values)).map(({ words }) => words) };
}

/**
 * Every text but "false" is true.
 * @param {string} text
 * @param {string | boolean} standard
 */
function valueOf(text, standard) {
  return typeof standard === 'boolean' ? text !== 'false' : text;
}

/**
 * What the browser may keep: nothing that is secret.
 * @param {Values} values
 * @returns {Values}
 */
export function keepable(values) {
  const kept = Object.entries(values).filter(([name]) => parameters[name]?.keeps);
  return Object.fromEntries(kept.filter(([name, value]) => name !== 'webrtc_servers' || !String(value).includes('|')));
}

/**
 * Where to register: at the service of this page, or at another one; with the path that was set, if one was.
 * @param {Values} values
 * @param {string} own the WebSocket URL of the service of this page
 */
export function webSocketFor({ outbound, outbound_proxy_address: address, websocket_path: path }, own) {
  const url = new URL(own);
  if (outbound === 'proxy' && address) url.host = String(address).replace(/^\w+:(\/\/)?/, '');
  if (path) url.pathname = String(path);
  return url.href;
}

/**
 * How long a registration lasts, in seconds: between a minute and a day.
 * @param {Values} values
 */
export function registerSeconds({ register_interval: interval }) {
  return Math.min(Math.max(Number.parseInt(String(interval), 10) || 600, 60), 86_400);
}

/**
 * The STUN and TURN servers of a list such as "stun:one.example, turn:user@two.example|secret".
 * @param {string} list
 * @returns {RTCIceServer[]}
 */
export function iceServers(list) {
  return list
    .split(/[,\s]+/)
    .filter((entry) => /^(stun|turn)s?:[^|]/i.test(entry))
    .map((entry) => {
      const [url, credential] = entry.split('|', 2);
      const named = url.match(/^(turns?:)([^@]+)@(.+)$/i);
      if (!named) return credential === undefined ? { urls: url } : { urls: url, username: '', credential };
      return { urls: named[1] + named[3], username: named[2], credential: credential ?? '' };
    });
}

/**
 * Whom a target of a scheme is: a tel: number without what is for the eye, a urn: by its name.
 * @param {string} scheme
 * @param {string} typed
 */
export function targetWith(scheme, typed) {
  const bare = typed.trim();
  if (scheme === 'sip' || !bare || /^(sips?|tel|urn):/i.test(bare)) return bare;
  return `${scheme}:${bare}`;
}
