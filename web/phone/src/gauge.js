// @ts-check
// Asks the connections of all calls again and again how well they sound, and keeps the last readings of each.
import { countOf, readingBetween } from './quality.js';

/**
 * @typedef {import('./quality.js').Reading} Reading
 * @typedef {{ up: boolean, media: { connection: RTCPeerConnection | null } }} Gauged
 */

/** How often, in milliseconds, and how many readings are kept: two minutes. */
const every = 2000;
const length = 60;

export class Gauge {
  /** @type {WeakMap<Gauged, { count: import('./quality.js').Count, readings: (Reading | null)[] }>} */
  #known = new WeakMap();
  /** @type {Gauged[]} */
  #calls = [];
  #changed;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;

  /** @param {() => void} changed called after each round */
  constructor(changed) {
    this.#changed = changed;
  }

  /** Looks at these calls from now on. @param {Gauged[]} calls */
  follow(calls) {
    this.#calls = calls.filter(({ up }) => up);
    if (this.#calls.length > 0) this.#timer ??= setInterval(() => void this.measure(), every);
    else this.#timer = void clearInterval(this.#timer);
  }

  /** The last readings of a call, the newest last; null where nothing came. @param {Gauged | null} call */
  readings(call) {
    return (call && this.#known.get(call)?.readings) ?? [];
  }

  /** Asks all connections once. */
  async measure() {
    await Promise.all(this.#calls.map((call) => this.#measure(call)));
    this.#changed();
  }

  /** @param {Gauged} call */
  async #measure(call) {
    const report = await call.media.connection?.getStats();
    const count = report && countOf(/** @type {any} */ (report).values());
    if (!count) return;
    const known = this.#known.get(call);
    const readings = known ? [...known.readings, readingBetween(known.count, count)].slice(-length) : [];
    this.#known.set(call, { count, readings });
  }
}
