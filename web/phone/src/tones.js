// @ts-check
// Which sound the user hears when there is no voice.

/**
 * The sounds: frequencies in Hz, each burst's start and length in seconds, and after how many seconds it
 * begins again. ringBack and waiting are those of ITU-T E.180.
 */
export const tones = {
  ring: {
    hz: [587, 784],
    bursts: [
      [0, 0.4],
      [0.6, 0.4],
    ],
    every: 3,
    gain: 0.12,
  },
  ringBack: { hz: [425], bursts: [[0, 1]], every: 5, gain: 0.06 },
  waiting: {
    hz: [425],
    bursts: [
      [0, 0.2],
      [0.4, 0.2],
    ],
    every: 5,
    gain: 0.05,
  },
};

/**
 * The sound for the calls as they stand: a name in tones, or null for silence. One that rings while the user talks is
 * only told of.
 * @param {Pick<import('./calls.js').Calls, 'active' | 'list'>} calls
 * @returns {keyof typeof tones | null}
 */
export function toneFor({ active, list }) {
  if (active?.state === 'incoming') return 'ring';
  if (list.some(({ state }) => state === 'incoming')) return 'waiting';
  return active?.direction === 'outgoing' && active.state === 'ringing' ? 'ringBack' : null;
}
