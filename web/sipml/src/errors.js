// @ts-check
// The errors that pages of sipML5 know: plain Error objects whose message begins with a code and a colon.

/** @param {string} text */
export const invalidValue = (text) => new Error(`ERR_INVALID_PARAMETER_VALUE: ${text}`);

/** @param {string} text */
export const invalidType = (text) => new Error(`ERR_INVALID_PARAMETER_TYPE: ${text}`);

/** @param {string} text */
export const notSupported = (text) => new Error(`ERR_NOT_SUPPORTED: ${text}`);

/** The one error without a colon. */
export const invalidArgument = () => new Error('ERR_INVALID_ARGUMENT');

export const notReady = () => new Error('ERR_NOT_READY: Media engine not ready yet');

export const notInitialized = () =>
  new Error("ERR_NOT_INITIALIZED: Engine not initialized yet. Please call 'SIPml.init()' first");

export const alreadyInitialized = () => new Error('ERR_ALREADY_INITIALIZED: Engine already initialized.');

/** What methods return in place of an error. 0 is success. */
/** @type {Readonly<Record<'ok' | 'failed' | 'notStarted' | 'badTarget', number>>} */
export const result = Object.freeze({
  ok: 0,
  /** No dialog to do it in, or something is missing. */
  failed: -1,
  /** The stack is not started, or has lost its connection. */
  notStarted: -2,
  /** The target is no address. */
  badTarget: -3,
});
