// @ts-check
import { log } from '../log.js';
import { limitSenders } from './bandwidth.js';
import { stopTracks } from './cache.js';
import { audioConstraints, constraintsFor, videoConstraints } from './constraints.js';
import { heldDirection } from './direction.js';
import { Elements } from './elements.js';
import { kindsOf } from './mediatype.js';

/** @typedef {import('./elements.js').Kind} Kind */

/** What a call sends and plays. */
export class CallMedia {
  /** @type {MediaStream | null} */
  local = null;
  /** @type {MediaStream | null} */
  remote = null;
  /** In kbit/s. @type {import('./bandwidth.js').Bandwidth} */
  bandwidth;
  #videoSize;
  #devices;
  #core;
  #elements;
  #lost;
  #changed;
  /** @type {RTCPeerConnection | null} */
  #connection = null;
  #muted = { audio: false, video: false };
  #isHeld = false;
  /** Tracks of the other party that went while the call goes on, and may come again. @type {Set<MediaStreamTrack>} */
  #gone = new Set();
  /** @type {Map<RTCRtpTransceiver, RTCRtpTransceiverDirection>} directions before the hold */
  #before = new Map();

  /**
   * @param {import('../core.js').Core} core
   * @param {(type: string) => void} tell of an event
   * @param {(track: MediaStreamTrack) => void} lost told of a device that went away
   * @param {(isAdded: boolean) => void} changed told of a track that came, or went in the middle of the call
   */
  constructor(core, tell, lost, changed) {
    this.#core = core;
    this.#lost = lost;
    this.#changed = changed;
    this.#elements = new Elements(tell);
    this.bandwidth = core.settings.bandwidth;
    this.#videoSize = core.settings.videoSize;
    this.#devices = core.settings.devices;
  }

  /** @param {any} conf of a session */
  apply(conf) {
    this.bandwidth = conf.bandwidth ?? this.bandwidth;
    this.#videoSize = conf.video_size ?? this.#videoSize;
    this.#devices = conf.devices ?? this.#devices;
    this.#elements.apply(conf);
    this.#chooseOutput();
    this.#elements.show('local', this.local);
    this.#elements.show('remote', this.remote);
  }

  /** Asks the user for what the call is made of. @param {import('./mediatype.js').MediaType} type */
  async capture(type) {
    const { audio, video, isScreen } = kindsOf(type);
    const stream = isScreen ? await this.#captureScreen() : await this.#captureDevices({ audio, video });
    this.local = stream;
    for (const track of stream.getTracks()) {
      track.addEventListener('ended', () => this.#ended(track));
      this.#changed(true);
    }
    return stream;
  }

  showLocal() {
    this.#elements.show('local', this.local);
  }

  showRemote() {
    this.#elements.show('remote', this.remote);
    if (this.#connection) void limitSenders(this.#connection, this.bandwidth).catch(() => {});
  }

  /** @param {RTCPeerConnection} connection */
  attach(connection) {
    this.#connection = connection;
    this.remote = null;
    connection.addEventListener('track', ({ track, streams }) => {
      this.remote ??= new MediaStream();
      this.remote.addTrack(track);
      this.#changed(true);
      track.onended = () => this.#remoteGone(connection, track);
      // The other party shows nothing any more, and may show something again. A hold has events of its own.
      for (const stream of track.kind === 'video' ? streams : []) {
        stream.onremovetrack = ({ track: gone }) => {
          if (gone.kind === 'video' && !this.#isHeld) this.#remoteGone(connection, gone);
        };
      }
      if (this.#gone.delete(track)) this.showRemote();
    });
  }

  /** @param {RTCPeerConnection} connection @param {MediaStreamTrack} track */
  #remoteGone(connection, track) {
    if (this.#connection !== connection) return; // at the end of the call all tracks end, which nobody needs to hear
    this.#gone.add(track);
    this.remote?.removeTrack(track);
    this.#elements.removed('remote', /** @type {Kind} */ (track.kind));
    this.#changed(false);
  }

  /** @param {Kind} kind @param {boolean} isMuted */
  mute(kind, isMuted) {
    this.#muted[kind] = isMuted;
    this.#enable();
  }

  /** Sends silence. */
  hold() {
    this.#isHeld = true;
    this.#enable();
  }

  /** The other party has agreed to the hold: what is negotiated from now on keeps it. */
  keepHeld() {
    for (const transceiver of this.#transceivers()) {
      if (!this.#before.has(transceiver)) this.#before.set(transceiver, transceiver.direction);
      transceiver.direction = heldDirection(transceiver.direction);
    }
  }

  resume() {
    this.#isHeld = false;
    for (const [transceiver, direction] of this.#before) {
      if (transceiver.direction !== 'stopped') transceiver.direction = direction;
    }
    this.#before.clear();
    this.#enable();
  }

  /** Goes over to other devices, without a new offer. @param {import('./constraints.js').Devices} devices */
  async useDevices(devices) {
    this.#devices = { ...this.#devices, ...devices };
    if (devices.audio_input) await this.#replace('audio', { audio: audioConstraints(devices.audio_input) });
    if (devices.video_input) {
      await this.#replace('video', { video: videoConstraints(this.#videoSize, devices.video_input) });
    }
    this.#chooseOutput();
  }

  get isHeld() {
    return this.#isHeld;
  }

  getStats() {
    return this.#connection?.getStats() ?? Promise.resolve(new Map());
  }

  release() {
    if (this.local) stopTracks(this.local);
    this.local = null;
    this.remote = null;
    this.#connection = null;
    this.#isHeld = false;
    this.#muted = { audio: false, video: false };
    this.#before.clear();
    this.#gone.clear();
    this.#elements.clear();
  }

  /** The screen, and the voice of who shows it, unless he keeps that to himself. */
  async #captureScreen() {
    const size = videoConstraints(this.#videoSize);
    const screen = await navigator.mediaDevices.getDisplayMedia({ video: size, audio: false });
    const voice = await this.#captureDevices({ audio: true, video: false }).catch(() => null);
    for (const track of voice?.getTracks() ?? []) screen.addTrack(track);
    return screen;
  }

  /** @param {{ audio: boolean, video: boolean }} kinds */
  #captureDevices(kinds) {
    const constraints = constraintsFor(kinds, this.#videoSize, this.#devices);
    const { settings, cache } = this.#core;
    return settings.isCaching ? cache.get(constraints) : navigator.mediaDevices.getUserMedia(constraints);
  }

  #chooseOutput() {
    const { audio_output: output } = this.#devices;
    if (output) void this.#elements.playOn(output).catch(log.warn.bind(log));
  }

  #transceivers() {
    return this.#connection?.getTransceivers().filter(({ direction }) => direction !== 'stopped') ?? [];
  }

  #enable() {
    for (const track of this.local?.getTracks() ?? []) {
      track.enabled = !this.#isHeld && !this.#muted[/** @type {Kind} */ (track.kind)];
    }
  }

  /** @param {Kind} kind @param {MediaStreamConstraints} constraints */
  async #replace(kind, constraints) {
    const { local } = this;
    const inUse = () => local?.getTracks().find((each) => each.kind === kind);
    if (!local || !inUse()) return; // what is captured next comes from the new device
    const [track] = (await navigator.mediaDevices.getUserMedia(constraints)).getTracks();
    try {
      const sender = this.#connection?.getSenders().find((each) => each.track?.kind === kind);
      if (this.local === local) await sender?.replaceTrack(track);
    } catch (error) {
      track.stop();
      throw error;
    }
    if (this.local !== local) {
      track.stop(); // the call ended meanwhile
      return;
    }
    const old = inUse();
    if (old) local.removeTrack(old);
    old?.stop();
    local.addTrack(track);
    track.addEventListener('ended', () => this.#ended(track));
    this.#enable();
  }

  /** @param {MediaStreamTrack} track */
  #ended(track) {
    this.#elements.removed('local', /** @type {Kind} */ (track.kind));
    this.#changed(false);
    this.#lost(track);
  }
}
