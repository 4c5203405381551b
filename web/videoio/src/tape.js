// @ts-check
// One part of a recording while it is made.
import { Microphone } from './microphone.js';

/** How often what came is taken, in milliseconds; and how many bytes a part may have at most. */
const [slice, most] = [1000, 256 << 20];

export class Tape {
  stream;
  #recorder;
  #microphone;
  /** @type {Blob[]} */
  #slices = [];
  #bytes = 0;

  /**
   * Begins at once.
   * @param {MediaStream} stream that the tape closes at its end
   * @param {number} gain of the microphone, 0 to 1
   * @param {(bytes: number, seconds: number) => void} came tells of another slice, and how long the tape is with it
   * @param {() => void} full
   */
  constructor(stream, gain, came, full) {
    this.stream = stream;
    this.#microphone = new Microphone(stream);
    const sound = this.#microphone.amplified(gain);
    const recorded = new MediaStream([...(sound ? [sound] : []), ...stream.getVideoTracks()]);
    this.#recorder = new MediaRecorder(recorded);
    this.#recorder.addEventListener('dataavailable', ({ data }) => {
      this.#slices.push(data);
      this.#bytes += data.size;
      came(data.size, this.#seconds());
      if (this.#bytes > most) full();
    });
    this.#recorder.start(slice);
    this.#began = performance.now();
  }

  #began;

  get level() {
    return this.#microphone.level();
  }

  /** @param {{ sound: boolean, pictures: boolean, gain: number }} wanted */
  want({ sound, pictures, gain }) {
    for (const track of this.stream.getTracks()) track.enabled = track.kind === 'audio' ? sound : pictures;
    this.#microphone.amplified(gain);
  }

  /**
   * Ends it.
   * @returns {Promise<import('./recordings.js').Part>}
   */
  async end() {
    const seconds = this.#seconds();
    if (this.#recorder.state !== 'inactive') {
      await new Promise((resolve) => {
        this.#recorder.addEventListener('stop', resolve, { once: true });
        this.#recorder.stop();
      });
    }
    this.#microphone.close();
    for (const track of this.stream.getTracks()) track.stop();
    return { blob: new Blob(this.#slices, { type: this.#recorder.mimeType }), seconds };
  }

  #seconds() {
    return (performance.now() - this.#began) / 1000;
  }
}
