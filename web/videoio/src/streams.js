// @ts-check
// How the properties of the streams hang together: publish brings microphone, camera and live with it and takes them
// along; without bidirection there is one of publish and play; recording and playing say what runs.

export class Streams {
  #values;
  #connected;

  /**
   * @param {import('./values.js').Values} values
   * @param {() => boolean} connected
   */
  constructor(values, connected) {
    this.#values = values;
    this.#connected = connected;
  }

  /** @param {string | null} name */
  publish(name) {
    const old = this.#values.get('publish');
    if (old === name) return;
    if (old !== null) {
      this.#values.change('recording', false);
      this.live(false);
      this.#values.change('microphone', false);
    }
    this.#values.change('publish', name);
    if (name === null) return;
    if (!this.#values.is('bidirection')) this.play(null);
    this.live(true);
    this.#values.change('microphone', true);
    if (this.#values.is('autoplay')) this.start();
  }

  /** @param {string | null} name */
  play(name) {
    const old = this.#values.get('play');
    if (old === name) return;
    if (old !== null) this.#values.change('playing', false);
    this.#values.change('play', name);
    if (name === null) return;
    if (!this.#values.is('bidirection')) {
      this.publish(null);
      this.live(false);
    }
    if (this.#values.is('autoplay')) this.start();
  }

  /** @param {boolean} live */
  live(live) {
    if (this.#values.is('live') === live) return;
    this.#values.change('live', live);
    this.#values.change('camera', live);
  }

  /** @param {boolean} recording */
  record(recording) {
    if (!recording || this.#canRecord()) this.#values.change('recording', recording);
  }

  /** @param {boolean} playing */
  run(playing) {
    if (!playing || this.#canPlay()) this.#values.change('playing', playing);
  }

  /** Starts what is set, once there is a connection. */
  start() {
    this.record(true);
    this.run(true);
  }

  /** Stops all, when the connection ends. */
  stop() {
    this.#values.change('recording', false);
    this.#values.change('playing', false);
  }

  #canRecord() {
    return this.#connected() && this.#values.get('publish') !== null;
  }

  #canPlay() {
    return this.#connected() && (this.#values.get('play') !== null || this.#values.is('isDownload'));
  }
}
