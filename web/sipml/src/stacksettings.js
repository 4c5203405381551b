// @ts-check
import { invalidType, invalidValue } from './errors.js';
import { iceServersFrom } from './iceservers.js';
import { Headers } from './sip/headers.js';
import { URI } from './sip/jssip.js';

/** Keys that hold text if they hold anything. */
const texts = Object.freeze('realm impi impu password display_name websocket_proxy_url outbound_proxy_url'.split(' '));

/** @param {unknown} text */
const isEmpty = (text) => text === undefined || text === null || text === '';

/** @param {string} text @returns {any} the user's address; undefined if it is none */
function userAddress(text) {
  const uri = typeof text === 'string' ? URI.parse(text.replace(/^.*<|>.*$/g, '')) : undefined;
  return uri?.user && uri.host ? uri : undefined;
}

/** How a page of this address reaches the service, when it names no other way. */
function ownWebSocket() {
  const from = scriptAddress || globalThis.location?.href || 'http://localhost/';
  const url = new URL('/ws', from);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return String(url);
}

/** Where this script came from, which only the time of loading tells. */
const scriptAddress = /** @type {any} */ (globalThis.document?.currentScript)?.src ?? '';

/** `udp://192.168.0.12:5060` as a Route. @param {string} url */
function routeOf(url) {
  const parts = url.match(/^(\w+):\/\/([^/\s<>;,]+)$/);
  if (!parts) throw invalidValue(`'${url}' is not valid as outbound_proxy_url`);
  return `<sip:${parts[2]};lr;sipml5-outbound;transport=${parts[1].toLowerCase()}>`;
}

/** What a stack is configured to, checked. */
export class StackSettings {
  password = '';
  displayName = '';
  webSocketURL = ownWebSocket();
  /** Value of Route for the outbound proxy; '' if there is none. */
  outboundRoute = '';
  isBreaker = false;
  isClick2Call = false;
  isEarlyIMS = true;
  isCaching = false;
  /** @type {RTCIceServer[]} */
  iceServers = [];
  /** In kbit/s. @type {{ audio?: number, video?: number }} */
  bandwidth = {};
  /** @type {import('./media/constraints.js').VideoSize} */
  videoSize = {};
  /** @type {import('./media/constraints.js').Devices} */
  devices = {};
  /** Whether a lost connection is made again; sipML5 stops then. */
  isReconnecting = true;
  /** The longest time between two attempts, in seconds. */
  slowestReconnect = 30;
  headers = new Headers();

  /** @param {any} conf */
  constructor(conf) {
    if (!conf) throw invalidValue('null configuration value');
    for (const key of ['realm', 'impi', 'impu']) {
      if (isEmpty(conf[key])) throw invalidValue(`'${conf[key]}' is not valid as ${key} value`);
    }
    const uri = userAddress(conf.impu);
    if (!uri) throw invalidValue(`'${conf.impu}' is not valid as SIP Uri`);
    this.apply(conf);
    /** The domain to register with. */
    this.realm = String(conf.realm).replace(/^sips?:/i, '');
    this.impi = String(conf.impi);
    /** The user's address, and its part before the domain. */
    this.impu = Object.freeze({
      address: `sip:${uri.user}@${uri.host}${uri.port ? `:${uri.port}` : ''}`,
      user: uri.user,
    });
  }

  /**
   * Takes a configuration over; what it leaves out stays, but switches go back to their defaults, as in sipML5.
   * @param {any} conf
   */
  apply(conf) {
    check(conf);
    const given = (/** @type {string} */ key) => !isEmpty(conf[key]);
    if (given('password')) this.password = conf.password;
    if (given('display_name')) this.displayName = conf.display_name;
    if (given('websocket_proxy_url')) this.webSocketURL = conf.websocket_proxy_url;
    if (given('outbound_proxy_url')) this.outboundRoute = routeOf(conf.outbound_proxy_url);
    if (given('ice_servers')) this.iceServers = iceServersFrom(conf.ice_servers);
    this.isBreaker = Boolean(conf.enable_rtcweb_breaker);
    this.isClick2Call = Boolean(conf.enable_click2call);
    this.isEarlyIMS = Boolean(conf.enable_early_ims ?? true);
    this.isCaching = Boolean(conf.enable_media_stream_cache);
    this.isReconnecting = Boolean(conf.reconnect ?? true);
    this.bandwidth = conf.bandwidth ?? this.bandwidth;
    this.videoSize = conf.video_size ?? this.videoSize;
    this.devices = conf.devices ?? this.devices;
    this.headers.set(conf.sip_headers);
  }
}

/** @param {any} conf */
function check(conf) {
  for (const key of texts) {
    if (conf[key] && typeof conf[key] !== 'string') {
      throw invalidType(`'${typeof conf[key]}' not a valid type for ${key}. String is expected`);
    }
  }
  if (conf.sip_headers && !Array.isArray(conf.sip_headers)) {
    throw invalidType(`'${typeof conf.sip_headers}' not a valid type for sip_headers. Array is expected`);
  }
}
