// Plays the tones of the phone; the voice itself goes to the audio element.
import { tonesOf } from './keys.js';
import { tones } from './tones.js';

/** How long a burst swells and fades, in seconds, so that it does not click. */
const edge = 0.01;
const keyTone = { length: 0.12, gain: 0.05 };

export class Speaker {
  #context = null;
  #playing = null;
  #again = 0;
  #oscillators = [];

  /** Lets the browser give sound; to be called in a click or key press. */
  wake() {
    if (!this.#context) {
      this.#context = new AudioContext();
      this.#start(); // what was to sound before the browser let it
    }
    if (this.#context.state === 'suspended') void this.#context.resume();
  }

  /** Plays a tone over and over until another, or null. */
  play(name) {
    if (name === this.#playing) return;
    this.#stop();
    this.#playing = name;
    this.#start();
  }

  /** Sounds a key of the dial pad once. */
  key(key) {
    if (this.#context) this.#burst(tonesOf(key), 0, keyTone.length, keyTone.gain);
  }

  #start() {
    if (!this.#playing || !this.#context) return;
    const tone = tones[this.#playing];
    const once = () => {
      this.#oscillators = tone.bursts.flatMap(([start, length]) => this.#burst(tone.hz, start, length, tone.gain));
    };
    once();
    this.#again = setInterval(once, tone.every * 1000);
  }

  #stop() {
    clearInterval(this.#again);
    for (const oscillator of this.#oscillators) oscillator.stop();
    this.#oscillators = [];
  }

  #burst(hz, start, length, gain) {
    const context = this.#context;
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
