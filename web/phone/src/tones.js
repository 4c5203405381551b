// Which sound the user hears when there is no voice.

/**
 * The sounds: frequencies in Hz, each burst's start and length in seconds, and after how many seconds it
 * begins again. ringBack is that of ITU-T E.180.
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
};

/** The sound for a call as it stands: a name in tones, or null for silence. */
export function toneFor(call) {
  if (call?.state === 'incoming') return 'ring';
  return call?.direction === 'outgoing' && call.state === 'ringing' ? 'ringBack' : null;
}
