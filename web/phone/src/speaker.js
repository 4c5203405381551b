// @ts-check
// Plays the tones of the phone; the voice itself goes to the audio element.
import { tonesOf } from './keys.js';
import { tones } from './tones.js';

/** How long a burst swells and fades, in seconds, so that it does not click. */
const edge = 0.01;
const keyTone = { length: 0.12, gain: 0.05 };

/** The tone by which the user tries the speaker. */
const trial = { hz: [440, 554], length: 1, gain: 0.1 };

export class Speaker {
  /** @type {AudioContext | null} */
  #context = null;
  /** @type {keyof typeof tones | null} */
  #playing = null;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #again;
  /** @type {OscillatorNode[]} */
  #oscillators = [];
  /** The device that plays; '' for the browser's choice. */
  #device = '';

  /** Lets the browser give sound. In a click or key press it does; at other times if the user has used the page before. */
  wake() {
    if (!this.#context) {
      this.#context = new AudioContext();
      void this.use(this.#device);
    }
    if (this.#context.state === 'running') this.#start();
    else void this.#context.resume().then(() => this.#start()); // what was to sound before the browser let it
  }

  /** Plays by this device from now on; by the browser's choice if it is gone. @param {string} device */
  async use(device) {
    this.#device = device;
    const context = /** @type {any} */ (this.#context);
    // Not every browser lets a page choose.
    await context?.setSinkId?.(device).catch(() => context.setSinkId(''));
  }

  /** Plays a short tone to try the speaker. */
  test() {
    this.wake();
    this.#burst(trial.hz, 0, trial.length, trial.gain);
  }

  /** Plays a tone over and over until another, or null. @param {keyof typeof tones | null} name */
  play(name) {
    if (name === this.#playing) return;
    this.#stop();
    this.#playing = name;
    if (name) this.wake();
  }

  /** Sounds a key of the dial pad once. @param {string} key */
  key(key) {
    if (this.#context) this.#burst(tonesOf(key), 0, keyTone.length, keyTone.gain);
  }

  #start() {
    if (!this.#playing || this.#again) return;
    const tone = tones[this.#playing];
    const once = () => {
      this.#oscillators = tone.bursts.flatMap(([start = 0, length = 0]) =>
        this.#burst(tone.hz, start, length, tone.gain),
      );
    };
    once();
    this.#again = setInterval(once, tone.every * 1000);
  }

  #stop() {
    clearInterval(this.#again);
    this.#again = undefined;
    for (const oscillator of this.#oscillators) oscillator.stop();
    this.#oscillators = [];
  }

  /** @param {number[]} hz @param {number} start @param {number} length @param {number} gain */
  #burst(hz, start, length, gain) {
    const context = this.#context;
    if (!context) return [];
    const from = context.currentTime + start;
    const volume = new GainNode(context, { gain: 0 });
    volume.gain.setValueAtTime(0, from);
    volume.gain.linearRampToValueAtTime(gain, from + edge);
    volume.gain.setValueAtTime(gain, from + length - edge);
    volume.gain.linearRampToValueAtTime(0, from + length);
    volume.connect(context.destination);
    return hz.map((frequency) => {
      const oscillator = new OscillatorNode(context, { frequency });
      oscillator.connect(volume);
      oscillator.start(from);
      oscillator.stop(from + length);
      return oscillator;
    });
  }
}
