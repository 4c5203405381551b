// @ts-check
// A microphone that is open: how loud it is, and what it gives when it is made louder or softer.

export class Microphone {
  #stream;
  /** @type {AudioContext | null} null until the level or the gain is asked for */
  #context = null;
  /** @type {AnalyserNode | null} */
  #analyser = null;
  /** @type {GainNode | null} null while the gain leaves all as it is */
  #gain = null;
  /** @type {MediaStreamTrack | null} */
  #amplified = null;

  /** @param {MediaStream} stream */
  constructor(stream) {
    this.#stream = stream;
  }

  /** How loud it is now, 0 to 1. */
  level() {
    const [track] = this.#stream.getAudioTracks();
    if (!track?.enabled) return 0;
    this.#analyser ??= this.#newAnalyser();
    const samples = new Float32Array(this.#analyser.fftSize);
    this.#analyser.getFloatTimeDomainData(samples);
    return Math.round(100 * samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0)) / 100;
  }

  /**
   * Gives the track to send with this gain: the microphone's own for 0.5, undefined if there is no microphone.
   * @param {number} gain 0 to 1
   */
  amplified(gain) {
    const [track] = this.#stream.getAudioTracks();
    const factor = 2 * Math.min(Math.max(gain, 0), 1);
    if (!track || Number.isNaN(factor) || (factor === 1 && !this.#gain)) return track;
    this.#gain ??= this.#newGain();
    this.#gain.gain.value = factor;
    return this.#amplified ?? track;
  }

  /** Ends what was made of it; the tracks themselves are the caller's. */
  close() {
    this.#amplified?.stop();
    void this.#context?.close();
    this.#context = this.#analyser = this.#gain = this.#amplified = null;
  }

  #source() {
    this.#context ??= new AudioContext();
    void this.#context.resume();
    return { context: this.#context, source: this.#context.createMediaStreamSource(this.#stream) };
  }

  #newAnalyser() {
    const { context, source } = this.#source();
    const analyser = context.createAnalyser();
    source.connect(analyser);
    return analyser;
  }

  #newGain() {
    const { context, source } = this.#source();
    const gain = context.createGain();
    const destination = context.createMediaStreamDestination();
    source.connect(gain).connect(destination);
    this.#amplified = destination.stream.getAudioTracks()[0];
    return gain;
  }
}
