// @ts-check
// What is measured while something runs: how loud the microphone is, and what comes through.

/** How often the level is looked at, in milliseconds; and every how many times all else. */
const [interval, seldom] = [100, 10];

/**
 * How good a stream is by its delay: up to so many seconds, so good.
 * @type {readonly (readonly [number, number])[]}
 */
const qualities = [
  [0.05, 1],
  [0.15, 0.8],
  [0.5, 0.6],
  [1, 0.4],
  [3, 0.2],
];

/** @param {number} delay in seconds; NaN if it is not known */
export function qualityOf(delay) {
  if (Number.isNaN(delay)) return NaN;
  return qualities.find(([most]) => delay < most)?.[1] ?? 0;
}

/**
 * @typedef {object} Counts
 * @property {number} bytes got and sent
 * @property {number} frames shown, or sent where none are shown
 * @property {number} delay in seconds; NaN if it is not known
 */

/**
 * Sums up what getStats gives.
 * @param {Iterable<any>} reports
 * @returns {Counts}
 */
export function countsOf(reports) {
  const all = [...reports];
  const of = (/** @type {string} */ type) => all.filter((report) => report.type === type);
  const sum = (/** @type {any[]} */ some, /** @type {string} */ field) =>
    some.reduce((total, report) => total + (report[field] ?? 0), 0);
  const [got, sent] = [of('inbound-rtp'), of('outbound-rtp')];
  const heard = got.find(({ kind }) => kind === 'audio');
  return {
    bytes: sum(got, 'bytesReceived') + sum(sent, 'bytesSent'),
    frames: sum(got, 'framesDecoded') || sum(sent, 'framesSent'),
    delay: heard?.jitterBufferEmittedCount ? heard.jitterBufferDelay / heard.jitterBufferEmittedCount : NaN,
  };
}

export class Meter {
  #values;
  #connection;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;
  #ticks = 0;
  /** @type {Counts | null} */
  #last = null;

  /**
   * @param {import('./values.js').Values} values
   * @param {() => import('./connection.js').Connection | null} connection
   */
  constructor(values, connection) {
    this.#values = values;
    this.#connection = connection;
  }

  /** Measures from now on, or no longer. @param {boolean} runs */
  run(runs) {
    if (runs === (this.#timer !== undefined)) return;
    clearInterval(this.#timer);
    this.#timer = runs ? setInterval(() => this.#tick(), interval) : undefined;
    this.#ticks = 0;
    this.#last = null;
    if (!runs) this.#values.change('level', 0);
  }

  #tick() {
    const connection = this.#connection();
    const speaks = this.#values.is('recording') && this.#values.is('microphone');
    this.#values.change('level', (speaks && connection?.level()) || 0);
    if (++this.#ticks % seldom === 0) void this.#count(connection?.peer() ?? null);
  }

  /** @param {RTCPeerConnection | null} peer */
  async #count(peer) {
    if (!peer) return;
    const reports = await peer.getStats().catch(() => null);
    if (!reports || this.#timer === undefined) return; // it ended meanwhile
    const counts = countsOf(reports.values());
    const last = this.#last ?? counts;
    this.#last = counts;
    const playing = this.#values.is('playing');
    this.#values.change('currentTime', (this.#ticks * interval) / 1000);
    this.#values.change('bandwidth', Math.max(counts.bytes - last.bytes, 0));
    this.#values.change('currentFPS', Math.max(counts.frames - last.frames, 0));
    this.#values.change('liveDelay', playing ? counts.delay : NaN);
    this.#values.change('quality', playing ? qualityOf(counts.delay) : NaN);
  }
}
