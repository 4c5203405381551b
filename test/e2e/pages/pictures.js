// What a page sees: remote pictures are shown, and counted.

/** Shows a remote picture track: what nobody shows need not be decoded. */
export function show(track) {
  const element = document.createElement('video');
  element.muted = true;
  element.playsInline = true;
  element.srcObject = new MediaStream([track]);
  void element.play();
  document.body.append(element);
}

/** How many milliseconds ago, by sender reports, what plays now was captured; nothing while there are none. */
function behind({ estimatedPlayoutTimestamp: captured }) {
  const since1900 = 2_208_988_800_000;
  return captured ? [Date.now() + since1900 - captured] : [];
}

/** What a connection sends and gets of pictures. */
export async function pictures(connection) {
  if (!connection) return {};
  const reports = [...(await connection.getStats()).values()];
  const codecs = new Map(reports.filter((r) => r.type === 'codec').map((r) => [r.id, r.mimeType]));
  const of = (type) => reports.filter((r) => r.type === type && r.kind === 'video').at(-1) ?? {};
  const [inbound, outbound] = [of('inbound-rtp'), of('outbound-rtp')];
  const sound = reports.find((r) => r.type === 'inbound-rtp' && r.kind === 'audio') ?? {};
  return {
    codecIn: codecs.get(inbound.codecId) ?? '',
    codecOut: codecs.get(outbound.codecId) ?? '',
    decoded: inbound.framesDecoded ?? 0,
    keyframes: inbound.keyFramesDecoded ?? 0,
    width: inbound.frameWidth ?? 0,
    frozenSeconds: inbound.totalFreezesDuration ?? 0,
    behind: [sound, inbound].flatMap(behind),
    bytesIn: inbound.bytesReceived ?? 0,
    encoded: outbound.framesEncoded ?? 0,
    keyframesAsked: outbound.pliCount ?? 0,
    bitrate: outbound.targetBitrate ?? 0,
    directions: connection.getTransceivers().map((t) => t.currentDirection ?? 'none').join(' '),
    state: `${connection.connectionState} ${connection.signalingState}`,
  };
}

/** Lets the page offer and answer only this video codec, with a parameter in its fmtp line if one is given. */
export function preferVideo(mimeType, parameter = '') {
  const add = window.RTCPeerConnection.prototype.addTrack;
  window.RTCPeerConnection.prototype.addTrack = function addPreferring(...args) {
    const sender = add.apply(this, args);
    const transceiver = this.getTransceivers().find((t) => t.sender === sender);
    const wanted = RTCRtpReceiver.getCapabilities('video').codecs
      .filter((c) => c.mimeType === mimeType && (c.sdpFmtpLine ?? '').includes(parameter));
    if (transceiver && sender.track?.kind === 'video') transceiver.setCodecPreferences(wanted);
    return sender;
  };
}
