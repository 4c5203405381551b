// Watches what any SIP library does in this page, without touching the library: every WebSocket frame is
// kept, and the sound of every RTCPeerConnection is listened to. Must be imported before the library runs.

import { show } from './pictures.js';

export const frames = [];
export const connections = [];

const RealWebSocket = window.WebSocket;
window.WebSocket = class extends RealWebSocket {
  constructor(...args) {
    super(...args);
    this.addEventListener('message', ({ data }) => keep('in', data));
    window.lastWebSocket = this;
  }
  send(data) {
    keep('out', data);
    super.send(data);
  }
};

function keep(way, data) {
  const text = typeof data === 'string' ? data : new TextDecoder().decode(data);
  frames.push({ way, at: Math.round(performance.now()), binary: typeof data !== 'string', text });
  if (frames.length > 400) frames.shift();
}

const RealPeerConnection = window.RTCPeerConnection;
window.RTCPeerConnection = class extends RealPeerConnection {
  constructor(...args) {
    super(...args);
    connections.push(this);
    this.addEventListener('track', ({ track }) => {
      if (track.kind === 'audio') listen(track);
      else show(track);
    });
  }
};
// sipML5 looks for the old name, where there is one.
if (window.webkitRTCPeerConnection) window.webkitRTCPeerConnection = window.RTCPeerConnection;

let context;
let analyser;

function listen(track) {
  const stream = new MediaStream([track]);
  // Chromium decodes a remote stream only when an element plays it too.
  const element = new Audio();
  element.muted = true;
  element.srcObject = stream;
  void element.play();
  document.body.append(element);

  context ??= new AudioContext();
  void context.resume();
  analyser = context.createAnalyser();
  analyser.fftSize = 8192;
  analyser.smoothingTimeConstant = 0;
  context.createMediaStreamSource(stream).connect(analyser);
}

/** What the newest remote audio track sounds like now: level in dBFS, and each frequency's share of the energy. */
export function hear(frequencies) {
  if (!analyser) return { state: 'no track', level: -999, shares: frequencies.map(() => 0), peak: 0 };
  const samples = new Float32Array(analyser.fftSize);
  analyser.getFloatTimeDomainData(samples);
  const power = samples.reduce((sum, x) => sum + x * x, 0) / samples.length;

  const bins = new Float32Array(analyser.frequencyBinCount);
  analyser.getFloatFrequencyData(bins);
  const width = context.sampleRate / analyser.fftSize;
  const energies = Array.from(bins, (dB) => 10 ** (dB / 10));
  const total = energies.reduce((sum, e) => sum + e, 0);
  const near = (f) => energies.filter((_, k) => Math.abs(k * width - f) < 50).reduce((sum, e) => sum + e, 0);
  const peak = energies.reduce((best, e, k) => (e > energies[best] ? k : best), 0) * width;
  return {
    state: context.state,
    level: power > 0 ? Math.round(100 * Math.log10(power)) / 10 : -999,
    shares: frequencies.map((f) => (total > 0 ? near(f) / total : 0)),
    peak: Math.round(peak),
  };
}

/** The newest connection's codec and packet counts. */
export async function stats() {
  const connection = connections.at(-1);
  if (!connection) return {};
  const reports = [...(await connection.getStats()).values()];
  const codecs = new Map(reports.filter((r) => r.type === 'codec').map((r) => [r.id, r.mimeType]));
  const inbound = reports.find((r) => r.type === 'inbound-rtp' && r.kind === 'audio') ?? {};
  const outbound = reports.find((r) => r.type === 'outbound-rtp' && r.kind === 'audio') ?? {};
  return {
    ice: connection.iceConnectionState,
    codecIn: codecs.get(inbound.codecId) ?? '',
    codecOut: codecs.get(outbound.codecId) ?? '',
    packetsIn: inbound.packetsReceived ?? 0,
    packetsLost: inbound.packetsLost ?? 0,
    packetsOut: outbound.packetsSent ?? 0,
    bufferSeconds: inbound.jitterBufferEmittedCount ? inbound.jitterBufferDelay / inbound.jitterBufferEmittedCount : 0,
  };
}

/** Lets the page offer only this audio codec, and telephone-event only if wanted. */
export function preferCodec(mimeType, events) {
  const add = RealPeerConnection.prototype.addTrack;
  window.RTCPeerConnection.prototype.addTrack = function addPreferring(...args) {
    const sender = add.apply(this, args);
    const transceiver = this.getTransceivers().find((t) => t.sender === sender);
    const names = events ? [mimeType, 'audio/telephone-event'] : [mimeType];
    const wanted = RTCRtpReceiver.getCapabilities('audio').codecs.filter((c) => names.includes(c.mimeType));
    if (transceiver && sender.track?.kind === 'audio') transceiver.setCodecPreferences(wanted);
    return sender;
  };
}

/** Lets the page see only this audio codec in offers, so that it answers and sends no other. */
export function offeredOnly(name) {
  const set = RealPeerConnection.prototype.setRemoteDescription;
  window.RTCPeerConnection.prototype.setRemoteDescription = function setNarrowed({ type, sdp }) {
    const [all, before, types] = sdp.match(/^(m=audio \d+ \S+)((?: \d+)+)/m);
    const kept = sdp.match(new RegExp(`^a=rtpmap:(\\d+) ${name}/`, 'm'))[1];
    const others = types.trim().split(' ').filter((t) => t !== kept).join('|');
    const lines = new RegExp(`^a=(rtpmap|fmtp|rtcp-fb):(${others}) .*\r\n`, 'gm');
    return set.call(this, { type, sdp: sdp.replace(all, `${before} ${kept}`).replace(lines, '') });
  };
}
