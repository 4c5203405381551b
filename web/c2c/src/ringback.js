// @ts-check
// The sound of ringing at the other end (ITU-T E.180), while no sound comes from there.
import { tones } from '../../phone/src/tones.js';

export class RingBack {
  /** @type {AudioContext | null} */
  #context = null;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #again;
  /** @type {OscillatorNode[]} */
  #playing = [];

  /** Is called in a click: without one no page may make a sound. */
  prepare() {
    this.#context ??= new AudioContext();
    this.#context.resume();
  }

  /** @param {boolean} on */
  play(on) {
    if (!on) {
      clearInterval(this.#again);
      this.#again = undefined;
      for (const oscillator of this.#playing.splice(0)) oscillator.stop();
    } else if (this.#again === undefined) {
      this.#burst();
      this.#again = setInterval(() => this.#burst(), tones.ringBack.every * 1000);
    }
  }

  #burst() {
    const context = this.#context;
    if (!context) return;
    this.#playing.length = 0; // those have ended
    for (const hz of tones.ringBack.hz) {
      const [oscillator, volume] = [context.createOscillator(), context.createGain()];
      oscillator.frequency.value = hz;
      volume.gain.value = tones.ringBack.gain;
      oscillator.connect(volume).connect(context.destination);
      oscillator.start();
      oscillator.stop(context.currentTime + tones.ringBack.bursts[0][1]);
      this.#playing.push(oscillator);
    }
  }
}
