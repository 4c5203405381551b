// @ts-check
// What browser this is, and what it can do.
import { alreadyInitialized, notInitialized, notSupported } from './errors.js';

/** Names that sipML5 finds in a user agent, first found first. */
const browsers = Object.freeze([
  ['chrome', 'chrome'],
  ['firefox', 'firefox'],
  ['safari', 'safari'],
  ['opera', 'opera'],
  ['microsoft internet explorer', 'ie'],
  ['netscape', 'netscape'],
]);
const systems = Object.freeze([
  ['mac', 'mac'],
  ['powerpc', 'powerpc'],
  ['win', 'windows'],
  ['sunos', 'sunos'],
  ['linux', 'linux'],
]);

/** @param {readonly string[][]} names @param {...string} texts */
function nameIn(names, ...texts) {
  const lower = texts.map((text) => (text ?? '').toLowerCase());
  return names.find(([word]) => lower.some((text) => text.includes(word)))?.[1] ?? 'unknown';
}

const hasMedia = () => Boolean(globalThis.navigator?.mediaDevices?.getUserMedia);
const hasPeerConnection = () => Boolean(globalThis.RTCPeerConnection);

/** Whether init has succeeded; there is one page, so there is one of it. */
const engine = { isInitialized: false };

/** @template T @param {() => T} get @returns {() => T} a getter that throws until init has succeeded */
const onceReady = (get) => () => {
  if (!engine.isInitialized) throw notInitialized();
  return get();
};

/** What needed a plugin that is gone. @param {string} [what] */
const gone = (what) => () => {
  throw notSupported(`${what ? `${what} ` : ''}requires webrtc4all plugin`);
};

/**
 * Looks at the browser; the second time nothing happens, as in sipML5.
 * @param {(event: object) => void} [succeeded]
 * @param {(event: { description: string, message: string }) => void} [failed]
 */
export function init(succeeded, failed) {
  if (engine.isInitialized) return;
  engine.isInitialized = hasPeerConnection() && hasMedia();
  if (engine.isInitialized) {
    succeeded?.({});
    return;
  }
  // On an insecure origin there is no mediaDevices. sipML5 said ready then, and every call threw.
  const secure = globalThis.isSecureContext === false ? ': this page was not loaded by https' : '';
  const description = hasPeerConnection() ? `getUserMedia not supported${secure}` : 'WebRTC not supported';
  failed?.({ description, message: description });
}

export const isInitialized = () => engine.isInitialized;
export const isWebRtcSupported = onceReady(hasPeerConnection);
export const haveMediaStream = onceReady(hasMedia);
export const isReady = () => engine.isInitialized && hasPeerConnection() && hasMedia();
export const isWebSocketSupported = () => Boolean(globalThis.WebSocket);
export const isScreenShareSupported = onceReady(() => Boolean(navigator.mediaDevices.getDisplayMedia));
export const isNavigatorOutdated = onceReady(() => false);
export const isWebRtc4AllSupported = onceReady(() => false);
export const isWebRtc4AllPluginOutdated = onceReady(() => false);
export const getWebRtc4AllVersion = onceReady(() => '0.0.0.0');
export const getNavigatorVersion = onceReady(() => 'unknown');
export const getNavigatorFriendlyName = onceReady(() => nameIn(browsers, navigator.userAgent, navigator.appName));
export const getSystemFriendlyName = onceReady(() => nameIn(systems, navigator.appVersion));
export const getWebRtcType = () => (engine.isInitialized ? 'native' : 'unknown');

/** There is only one type left to choose. @param {string} type */
export function setWebRtcType(type) {
  if (engine.isInitialized) throw alreadyInitialized();
  return type === 'native';
}

export const getRunningApps = gone();
export const setFps = gone('Setting FPS');
export const setMaxVideoSize = gone('Setting maximum video size');
export const setMaxBandwidthUp = gone('Setting maximum bandwidth');
export const setMaxBandwidthDown = gone('Setting maximum bandwidth');
export const setZeroArtifacts = gone('Setting zero artifacts');
export const startNativeDebug = gone('Native debug');
export const stopNativeDebug = gone('Native debug');
