// @ts-check
// The pictures of a call: what the camera or the screen shows the other side, and what comes from there. There is one
// video section at most, which is used again and again: sending stops and begins by its direction (RFC 3264 section 8.4).
import { closeMicrophone } from './microphone.js';

/** What is shown to the other side. */
export const Showing = Object.freeze({ nothing: 'nothing', camera: 'camera', screen: 'screen' });

export class Pictures {
  /** @type {keyof typeof Showing} */
  showing = Showing.nothing;
  /** What we show, or null. @type {MediaStream | null} */
  local = null;
  /** Whether the other side has offered some, or showed some to the page before. */
  expected = false;
  /** @type {MediaStream | null} */
  #remote = null;
  /** @type {MediaStreamTrack | null} */
  #track = null;
  #changed;

  /** @param {() => void} changed */
  constructor(changed) {
    this.#changed = changed;
  }

  /** What the other side shows, or null. */
  get remote() {
    return this.#track && !this.#track.muted && this.#track.readyState === 'live' ? this.#remote : null;
  }

  /** Takes what comes. @param {MediaStreamTrack} track */
  take(track) {
    this.#track = track;
    this.#remote = new MediaStream([track]);
    for (const event of ['mute', 'unmute', 'ended']) track.addEventListener(event, () => this.#changed());
    this.#changed();
  }

  /** Shows the camera from the first offer on. @param {MediaStream} camera */
  begin(camera) {
    Object.assign(this, { showing: Showing.camera, local: camera });
  }

  /** Makes room for what the other side shows, in an offer that has no pictures else. @param {RTCPeerConnection} connection */
  expectBy(connection) {
    if (this.expected && !videoOf(connection)) connection.addTransceiver('video', { direction: 'recvonly' });
  }

  /**
   * Lets go of the camera if the other side has refused to see any pictures; tells whether it did so.
   * @param {RTCPeerConnection} connection
   */
  refusedBy(connection) {
    const refused = connection.signalingState === 'stable' && this.local !== null && !videoOf(connection);
    if (refused) this.close();
    return refused;
  }

  /**
   * Shows something by a connection; tells whether both sides have to agree on it first.
   * @param {RTCPeerConnection} connection
   * @param {keyof typeof Showing} what
   * @param {MediaStream} stream
   */
  async show(connection, what, stream) {
    const [track = null] = stream.getVideoTracks();
    const before = this.local;
    Object.assign(this, { showing: what, local: stream });
    const transceiver = videoOf(connection);
    const agreed = transceiver?.currentDirection?.startsWith('send') ?? false;
    if (!transceiver && track) connection.addTransceiver(track, { direction: 'sendrecv', streams: [stream] });
    if (transceiver) {
      await transceiver.sender.replaceTrack(track);
      transceiver.direction = 'sendrecv';
    }
    closeMicrophone(before);
    this.#changed();
    return !agreed;
  }

  /** Who is seen by a connection. @param {RTCPeerConnection | null} connection @returns {'no' | 'other' | 'both'} */
  seenBy(connection) {
    if (this.showing === Showing.camera) return 'both';
    return connection && videoOf(connection) ? 'other' : 'no';
  }

  /** Shows nothing any more; both sides have to agree on it. @param {RTCPeerConnection} connection */
  async hide(connection) {
    this.close();
    const transceiver = videoOf(connection);
    if (!transceiver) return;
    await transceiver.sender.replaceTrack(null);
    transceiver.direction = 'recvonly';
  }

  /** Lets go of the camera. */
  close() {
    closeMicrophone(this.local);
    Object.assign(this, { showing: Showing.nothing, local: null });
    this.#changed();
  }
}

/** The video section of a connection, unless it was refused. @param {RTCPeerConnection} connection */
function videoOf(connection) {
  const usable = (/** @type {RTCRtpTransceiver} */ { receiver, direction, currentDirection }) =>
    receiver.track.kind === 'video' && direction !== 'stopped' && currentDirection !== 'stopped';
  return connection.getTransceivers().find(usable);
}

/** Whether a description offers pictures. @param {string | undefined} sdp */
export function offersPictures(sdp = '') {
  return /^m=video [1-9]/m.test(sdp);
}
