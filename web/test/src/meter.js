// @ts-check
// How loud a stream is.

/** How often it is measured, in milliseconds: each measurement covers more than that. */
const interval = 20;

export class Meter {
  #context = new AudioContext();
  #analyser = new AnalyserNode(this.#context, { fftSize: 2048 });
  #samples = new Float32Array(2048);
  #timer;
  /** The loudest so far, in dB below full scale; -Infinity for digital silence. */
  loudest = -Infinity;

  /** @param {MediaStream} stream */
  constructor(stream) {
    this.#context.createMediaStreamSource(stream).connect(this.#analyser);
    void this.#context.resume();
    this.#timer = setInterval(() => this.#measure(), interval);
  }

  close() {
    clearInterval(this.#timer);
    void this.#context.close();
  }

  #measure() {
    this.#analyser.getFloatTimeDomainData(this.#samples);
    const power = this.#samples.reduce((sum, sample) => sum + sample * sample, 0) / this.#samples.length;
    this.loudest = Math.max(this.loudest, 10 * Math.log10(power));
  }
}
