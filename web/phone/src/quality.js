// @ts-check
// How well a call sounds, by what the browser counts.

/**
 * What the browser has counted for the sound of a call until now.
 * @typedef {object} Count
 * @property {number} received packets
 * @property {number} lost packets
 * @property {number} jitter in milliseconds
 * @property {number} roundTrip in milliseconds, NaN if unknown
 * @property {number} buffered how long sound waits in the jitter buffer, summed up over all samples, in seconds
 * @property {number} samples that left the buffer
 * @property {number} concealed samples that were made up in place of what was missing or late, but for silence
 * @property {number} played samples, also the concealed ones
 * @property {string} codec such as "opus"
 *
 * How a call was in the last few seconds; loss (of packets) and concealed (of sound) from 0 to 1, times in milliseconds,
 * delay from the service to the ear, mos from 1 to 4.5.
 * @typedef {object} Reading
 * @property {number} mos
 * @property {number} loss
 * @property {number} concealed
 * @property {number} delay
 * @property {number} jitter
 * @property {number} roundTrip
 * @property {string} codec
 */

/** How long packets are, on the way from the microphone to the network, in milliseconds. */
const packetTime = 20;
/**
 * How well loss is concealed (Bpl), and what the codec itself costs (Ie): those of G.711 with concealment (ITU-T G.113,
 * appendix I). There are none for Opus; the browser conceals the loss of all its codecs by the same means.
 */
const concealment = 25.1;
const impairment = 0;

/**
 * The mean opinion score of a connection by the E-model (ITU-T G.107, simplified to delay and loss).
 * @param {{ loss: number, delay: number }} connection loss from 0 to 1, delay from mouth to ear in milliseconds
 */
export function mosOf({ loss, delay }) {
  const late = Math.max(0, delay - 177.3);
  const delayCost = 0.024 * delay + 0.11 * late;
  const percent = loss * 100;
  const lossCost = impairment + (95 - impairment) * (percent / (percent + concealment));
  const r = Math.min(100, Math.max(0, 93.2 - delayCost - lossCost));
  return Math.max(1, 1 + 0.035 * r + 7e-6 * r * (r - 60) * (100 - r));
}

/** What a mean opinion score is called. @param {number} mos */
export function wordsForMos(mos) {
  if (mos >= 4) return 'good';
  if (mos >= 3.6) return 'fair';
  return mos >= 3.1 ? 'poor' : 'bad';
}

/** How a time is shown; one of 0 ms is known, as browsers round it. @param {number} [time] in milliseconds */
export function wordsForTime(time = NaN) {
  return Number.isNaN(time) ? '–' : `${time.toFixed(0)} ms`;
}

/** How a share of what was sent or played is shown. @param {number} [of] from 0 to 1 */
export function wordsForShare(of = NaN) {
  return Number.isNaN(of) ? '–' : `${(of * 100).toFixed(1)} %`;
}

/** Reads the count from what a connection tells. @param {Iterable<any>} reports */
export function countOf(reports) {
  const all = [...reports];
  const inbound = all.find(({ type, kind }) => type === 'inbound-rtp' && kind === 'audio');
  if (!inbound) return null;
  const pair = all.find(
    ({ type, nominated, state }) => type === 'candidate-pair' && nominated && state === 'succeeded',
  );
  const codec = all.find(({ id }) => id === inbound.codecId);
  return {
    received: inbound.packetsReceived ?? 0,
    lost: inbound.packetsLost ?? 0,
    jitter: (inbound.jitter ?? 0) * 1000,
    roundTrip: (pair?.currentRoundTripTime ?? NaN) * 1000,
    buffered: inbound.jitterBufferDelay ?? 0,
    samples: inbound.jitterBufferEmittedCount ?? 0,
    concealed: (inbound.concealedSamples ?? 0) - (inbound.silentConcealedSamples ?? 0),
    played: inbound.totalSamplesReceived ?? 0,
    codec: (codec?.mimeType ?? '').replace(/^audio\//i, ''),
  };
}

/** A part of a whole, from 0 to 1; of nothing it is 0. @param {number} part @param {number} whole */
const share = (part, whole) => (whole > 0 ? Math.min(1, Math.max(0, part) / whole) : 0);

/**
 * How the call was between two counts; null if nothing came. Packets that came too late to be played are not lost, but
 * what is concealed in their place is heard just so.
 * @param {Count} before
 * @param {Count} now
 * @returns {Reading | null}
 */
export function readingBetween(before, now) {
  const received = now.received - before.received;
  const lost = Math.max(0, now.lost - before.lost);
  if (received <= 0) return null;
  const samples = now.samples - before.samples;
  const waited = samples > 0 ? ((now.buffered - before.buffered) / samples) * 1000 : 0;
  const loss = share(lost, received + lost);
  const concealed = share(now.concealed - before.concealed, now.played - before.played);
  const oneWay = Number.isNaN(now.roundTrip) ? 0 : now.roundTrip / 2;
  const delay = oneWay + waited + packetTime;
  const mos = mosOf({ loss: Math.max(loss, concealed), delay });
  const { jitter, roundTrip, codec } = now;
  return { mos, loss, concealed, delay, jitter, roundTrip, codec };
}
