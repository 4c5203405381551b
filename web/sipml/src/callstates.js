// @ts-check

/**
 * How a call stands:
 *
 *   asking -> calling -> connected -> ended        (we call: the user is asked for his microphone first)
 *   ringing -> answering -> connected -> ended     (we are called)
 *   asking, calling -> cancelling -> ended         (we hang up before the answer)
 *   any -> ended
 */
export const callStates = Object.freeze({
  asking: 'asking',
  calling: 'calling',
  ringing: 'ringing',
  answering: 'answering',
  connected: 'connected',
  cancelling: 'cancelling',
  ended: 'ended',
});
