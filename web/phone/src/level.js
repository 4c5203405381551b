// @ts-check
// How loud a stream is.

/** Below this many decibels under full scale the meter shows nothing. */
const floor = -60;

/** What a meter shows, from 0 to 1, for samples between -1 and 1. @param {Float32Array} samples */
export function levelOf(samples) {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const decibels = 10 * Math.log10(sum / samples.length || Number.MIN_VALUE);
  return Math.min(1, Math.max(0, 1 - decibels / floor));
}

/** Listens to a stream until closed. */
export class LevelMeter {
  #context = new AudioContext();
  #analyser;
  #samples;

  /** @param {MediaStream} stream */
  constructor(stream) {
    this.#analyser = new AnalyserNode(this.#context, { fftSize: 1024 });
    this.#samples = new Float32Array(this.#analyser.fftSize);
    this.#context.createMediaStreamSource(stream).connect(this.#analyser);
  }

  get level() {
    this.#analyser.getFloatTimeDomainData(this.#samples);
    return levelOf(this.#samples);
  }

  close() {
    void this.#context.close();
  }
}
