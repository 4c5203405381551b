// @ts-check
// The sound and pictures of a call: what we send, what comes, and whether it gets through.
import { closeMicrophone } from './microphone.js';
import { Pictures } from './pictures.js';

/**
 * How long to wait for more ICE candidates after the first, in milliseconds, with STUN or TURN servers and without; JsSIP
 * itself waits without limit, and Firefox tells late that there are no more. The browser's own addresses come at once.
 */
const gatheringTime = 1000;
const ownGatheringTime = 200;
/** How long a connection may mend itself, and how long a new try may take, in milliseconds. */
const patience = 3000;

export class CallMedia {
  /** What the other side lets us hear, or null. @type {MediaStream | null} */
  sound = null;
  /** True while nothing gets through. */
  interrupted = false;
  /** What we send. @type {MediaStream | null} */
  local = null;

  /** @type {RTCPeerConnection | null} */
  #connection = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #mending;
  /** @type {(() => void) | null} */
  #lastReady = null;
  #told;

  /**
   * @param {{ changed: () => void, sound: (stream: MediaStream) => void, broken: () => void, unplugged: () => void,
   *   unseen: () => void }} told of every change, of the other side's sound, again and again of a connection that does
   *   not mend itself, of a microphone that is gone, and of another side that takes no pictures
   */
  constructor(told) {
    this.#told = told;
    this.pictures = new Pictures(told.changed);
  }

  /** What JsSIP needs to know of the media of a call. */
  options() {
    const camera = this.pictures.local;
    const both = [this.local, camera].flatMap((stream) => stream?.getTracks() ?? []);
    return {
      mediaStream: (camera ? new MediaStream(both) : this.local) ?? undefined,
      mediaConstraints: { audio: true, video: Boolean(camera) },
      pcConfig: { iceServers: [] },
    };
  }

  /**
   * Takes an open microphone, and a camera to begin with, which are closed with the rest.
   * @param {MediaStream} microphone
   * @param {MediaStream | null} camera
   */
  take(microphone, camera = null) {
    this.local = microphone;
    if (camera) this.pictures.begin(camera);
    for (const track of microphone.getTracks()) {
      track.addEventListener('ended', () => microphone === this.local && this.#told.unplugged());
    }
  }

  /** Sends what another microphone hears; it is as mute as the one before. @param {MediaStream} microphone */
  async replace(microphone) {
    const [track] = microphone.getAudioTracks();
    const sender = this.#connection?.getSenders().find((each) => each.track?.kind === 'audio');
    if (!sender || !track) {
      closeMicrophone(microphone);
      return;
    }
    track.enabled = sender.track?.enabled ?? true;
    const before = this.local;
    this.take(microphone);
    await sender.replaceTrack(track);
    closeMicrophone(before);
  }

  get connection() {
    return this.#connection;
  }

  /** Hears the connection of the call from now on. @param {RTCPeerConnection} connection */
  follow(connection) {
    this.#connection = connection;
    connection.addEventListener('track', ({ streams, track }) => {
      if (track.kind === 'video') {
        this.pictures.take(track);
        return;
      }
      this.sound = streams[0] ?? new MediaStream([track]);
      this.#told.sound(this.sound);
    });
    connection.addEventListener('iceconnectionstatechange', () => this.#judge());
    connection.addEventListener('signalingstatechange', () => {
      if (this.pictures.refusedBy(connection)) this.#told.unseen();
    });
  }

  /** Offers to see the other side, if there were pictures before. */
  expectPictures() {
    if (this.#connection) this.pictures.expectBy(this.#connection);
  }

  /** JsSIP hands out one ready function for each description it makes. @param {() => void} ready */
  limitGathering(ready) {
    if (ready === this.#lastReady) return;
    this.#lastReady = ready;
    const servers = this.#connection?.getConfiguration().iceServers ?? [];
    setTimeout(ready, servers.length > 0 ? gatheringTime : ownGatheringTime);
  }

  /** Lets go of the microphone and of everything else. */
  close() {
    clearTimeout(this.#mending);
    closeMicrophone(this.local);
    this.pictures.close();
    this.#connection = null;
  }

  /**
   * A connection that failed never mends itself; one that is disconnected may (RFC 8445 section 14.3), and one that is
   * set up anew gets its time.
   */
  #judge() {
    const state = this.#connection?.iceConnectionState ?? 'closed';
    clearTimeout(this.#mending);
    const anew = this.interrupted && (state === 'checking' || state === 'new');
    this.interrupted = anew || state === 'disconnected' || state === 'failed';
    if (this.interrupted) this.#mend(anew ? 3 * patience : state === 'failed' ? 0 : patience);
    this.#told.changed();
  }

  /** @param {number} delay in milliseconds */
  #mend(delay) {
    this.#mending = setTimeout(() => {
      this.#told.broken();
      this.#mend(patience);
    }, delay);
  }
}
