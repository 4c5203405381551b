// @ts-check
// How well the call sounds, in figures and as a line of the last two minutes.
import { wordsForMos, wordsForShare, wordsForTime } from '../quality.js';
import { element, setText } from './elements.js';

/** The size of the plot, in its own units. */
const width = 120;
const height = 32;
/** How many readings fit. */
const places = 60;

export class QualityView {
  #gauge;

  /** @param {import('../gauge.js').Gauge} gauge */
  constructor(gauge) {
    this.#gauge = gauge;
  }

  /** @param {{ call: import('../call.js').Call | null }} phone */
  render({ call }) {
    const readings = this.#gauge.readings(call);
    const last = readings.at(-1);
    element('quality-box').hidden = !call?.up;
    setText(element('quality-mos'), last ? `${last.mos.toFixed(1)} ${wordsForMos(last.mos)}` : '–');
    setText(element('quality-loss'), wordsForShare(last?.loss));
    setText(element('quality-concealed'), wordsForShare(last?.concealed));
    setText(element('quality-delay'), wordsForTime(last?.delay));
    setText(element('quality-jitter'), wordsForTime(last?.jitter));
    setText(element('quality-roundtrip'), wordsForTime(last?.roundTrip));
    setText(element('quality-codec'), last?.codec || '–');
    this.#plot(readings.map((reading) => reading?.mos ?? 1));
  }

  /** Draws scores from 1 to 4.5, the newest at the right. @param {number[]} scores */
  #plot(scores) {
    const first = places - scores.length;
    const point = (/** @type {number} */ mos, /** @type {number} */ i) =>
      `${(((first + i) * width) / (places - 1)).toFixed(1)},${(height - ((mos - 1) / 3.5) * (height - 2) - 1).toFixed(1)}`;
    document.getElementById('quality-line')?.setAttribute('points', scores.map(point).join(' '));
  }
}
