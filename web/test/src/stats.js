// @ts-check
// What a connection has carried, from its statistics (W3C webrtc-stats).

/**
 * @typedef {object} Carried
 * @property {number} sent packets that the browser sent
 * @property {number} received packets that it got
 * @property {number} lost packets that it did not get, though others after them came
 * @property {number} jitter in milliseconds
 * @property {number} roundTrip of the network in milliseconds; NaN if it is not known
 * @property {number} buffered seconds that sound waited in the jitter buffer, summed over all samples
 * @property {number} played samples that came out of the jitter buffer
 * @property {string} codec of what came
 * @property {string} path between which kinds of addresses
 */

/**
 * Reads a report.
 * @param {Iterable<any>} report the values of an RTCStatsReport
 * @returns {Carried}
 */
export function carriedIn(report) {
  const all = [...report];
  const byId = new Map(all.map((entry) => [entry.id, entry]));
  const audio = (/** @type {string} */ type) =>
    all.find((entry) => entry.type === type && entry.kind === 'audio') ?? {};
  const [into, out] = [audio('inbound-rtp'), audio('outbound-rtp')];
  const pair = all.find((entry) => entry.type === 'candidate-pair' && entry.nominated && entry.state === 'succeeded');
  const [local, remote] = [byId.get(pair?.localCandidateId), byId.get(pair?.remoteCandidateId)];
  return {
    sent: out.packetsSent ?? 0,
    received: into.packetsReceived ?? 0,
    lost: Math.max(0, into.packetsLost ?? 0),
    jitter: (into.jitter ?? 0) * 1000,
    roundTrip: (pair?.currentRoundTripTime ?? NaN) * 1000,
    buffered: into.jitterBufferDelay ?? 0,
    played: into.jitterBufferEmittedCount ?? 0,
    codec: byId.get(into.codecId)?.mimeType?.replace('audio/', '') ?? '',
    path: local && remote ? `${local.candidateType} to ${remote.candidateType}${wordsForTransport(local)}` : '',
  };
}

/**
 * What was carried between two reports.
 * @param {Carried} before
 * @param {Carried} after
 */
export function between(before, after) {
  const received = after.received - before.received;
  const lost = Math.max(0, after.lost - before.lost);
  const played = after.played - before.played;
  return {
    sent: after.sent - before.sent,
    received,
    lossPercent: received + lost ? (100 * lost) / (received + lost) : 0,
    jitter: after.jitter,
    roundTrip: after.roundTrip,
    buffer: played ? (1000 * (after.buffered - before.buffered)) / played : 0,
    codec: after.codec,
    path: after.path,
  };
}

/** @typedef {ReturnType<typeof between>} Quality */

/**
 * The sentence for an echo that came back.
 * @param {Quality} quality
 * @param {number} level of the loudest that came back, in dB below full scale
 */
export function wordsForQuality({ lossPercent, jitter, roundTrip, buffer, codec }, level) {
  const delay = Number.isNaN(roundTrip) ? buffer : roundTrip + buffer;
  const loud = level === -Infinity ? 'silent' : `${Math.round(level)} dB at its loudest`;
  return (
    `Your sound came back by ${codec || 'an unknown codec'}: ${lossPercent.toFixed(1)} % lost, ` +
    `jitter ${jitter.toFixed(0)} ms, delay ${delay.toFixed(0)} ms, ${loud}.`
  );
}

/**
 * What is worth saying of it, though calls work.
 * @param {Quality} quality
 * @param {number} level
 */
export function advice({ lossPercent, jitter, roundTrip }, level) {
  if (lossPercent >= 3) return ' So much loss is heard: try a cable, or a place nearer to the WLAN.';
  if (jitter >= 40) return ' The network delays packets unevenly: somebody may be loading it.';
  if (roundTrip >= 300) return ' The way is long: people will talk at the same time.';
  if (level < -60) return ' It was very quiet: speak, or turn the microphone up.';
  return '';
}

/**
 * By what the browser's packets leave it, if not by UDP: to us, or to the relay.
 * @param {{ protocol?: string, relayProtocol?: string }} local
 */
function wordsForTransport({ protocol, relayProtocol }) {
  const transport = relayProtocol ?? protocol ?? 'udp';
  return transport === 'udp' ? '' : ` by ${transport.toUpperCase()}`;
}
