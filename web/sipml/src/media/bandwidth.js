// @ts-check
// Limits of bandwidth, in kbit/s by kind of media: b=AS (RFC 4566 section 5.8) for what we receive, and the encoders'
// own limit for what we send.

/** @typedef {{ audio?: number, video?: number }} Bandwidth */

/** @param {string} section of an SDP @param {Bandwidth} limits */
function limitSection(section, limits) {
  const kind = section.match(/^m=(audio|video) /)?.[1];
  const limit = kind && limits[/** @type {'audio' | 'video'} */ (kind)];
  if (!limit) return section;
  const lines = section.split('\r\n').filter((line) => !line.startsWith('b=AS:'));
  const at = lines.findIndex((line) => line.startsWith('c=')) + 1 || 1;
  lines.splice(at, 0, `b=AS:${Math.round(Number(limit))}`);
  return lines.join('\r\n');
}

/** @param {string} sdp @param {Bandwidth} limits */
export function limitBandwidth(sdp, limits) {
  return sdp
    .split(/(?=^m=)/m)
    .map((section) => limitSection(section, limits))
    .join('');
}

/** @param {RTCPeerConnection} connection @param {Bandwidth} limits */
export async function limitSenders(connection, limits) {
  for (const sender of connection.getSenders()) {
    const limit = sender.track && limits[/** @type {'audio' | 'video'} */ (sender.track.kind)];
    if (!limit) continue;
    const parameters = sender.getParameters();
    for (const encoding of parameters.encodings) encoding.maxBitrate = Number(limit) * 1000;
    await sender.setParameters(parameters);
  }
}
