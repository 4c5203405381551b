// @ts-check
// A file that is played: by HTTP, or the parts of a recording one after the other.
import { Connection } from './connection.js';

/** What the player's state is called after an event of the video element. */
const states = Object.freeze({
  loadstart: 'loading',
  playing: 'playing',
  pause: 'paused',
  waiting: 'buffering',
  error: 'connectionError',
});

/**
 * @typedef {object} Part
 * @property {string} url
 * @property {number} seconds NaN if it is not known before it is loaded
 */

export class File extends Connection {
  #parts;
  #hooks;
  #video;
  #part = 0;
  #runs = false;
  /** Takes all listeners away at the end. */
  #listening = new AbortController();

  /**
   * @param {Part[]} parts
   * @param {import('./connection.js').Hooks} hooks
   */
  constructor(parts, hooks) {
    super();
    this.#parts = parts;
    this.#hooks = hooks;
    this.#video = hooks.screen.video;
  }

  /** @override */
  start() {
    this.load();
    this.#hooks.connected();
  }

  /** Loads it, and tells what becomes of it from now on. */
  load() {
    const { signal } = this.#listening;
    const { change, wishes } = this.#hooks;
    /** @type {(type: string, listener: () => void) => void} */
    const on = (type, listener) => this.#video.addEventListener(type, listener, { signal });
    for (const [type, state] of Object.entries(states)) on(type, () => change('playerState', state));
    on('durationchange', () => change('duration', this.#before(this.#parts.length)));
    on('timeupdate', () => change('currentTime', this.#before(this.#part) + this.#video.currentTime));
    on('ended', () => this.#ended());
    this.#video.preload = wishes('preload') === true ? 'auto' : 'metadata';
    this.#video.autoplay = false;
    this.#insert(0);
  }

  /** @override */
  stop() {
    this.#listening.abort();
    this.#video.autoplay = true;
    this.#video.removeAttribute('src');
    this.#video.load();
  }

  /** @override */
  refresh() {
    const runs = this.#hooks.wishes('playing') === true;
    if (runs === this.#runs) return;
    this.#runs = runs;
    if (runs) this.#play();
    else this.#video.pause();
  }

  /** @override @param {number} seconds */
  seek(seconds) {
    if (!Number.isFinite(seconds)) return;
    const later = this.#parts.findIndex((_, at) => seconds < this.#before(at + 1));
    const part = later < 0 ? this.#parts.length - 1 : later;
    if (part !== this.#part) this.#insert(part);
    this.#video.currentTime = Math.max(seconds - this.#before(part), 0);
    if (this.#runs) this.#play();
  }

  /** How many seconds there are before a part, or in all. @param {number} part */
  #before(part) {
    return this.#parts.slice(0, part).reduce((sum, { seconds }) => sum + (seconds || this.#video.duration), 0);
  }

  /** @param {number} part */
  #insert(part) {
    this.#part = part;
    this.#video.src = this.#parts[part].url;
  }

  #play() {
    // What cannot be played is told by playerState; a play that is cut short is none of the page's.
    this.#video.play().catch(() => {});
  }

  #ended() {
    if (this.#part + 1 < this.#parts.length) {
      this.#insert(this.#part + 1);
      this.#play();
      return;
    }
    if (this.#part > 0) this.#insert(0);
    this.#hooks.change('playerState', 'stopped');
    this.#hooks.change('playing', false);
    if (this.#hooks.wishes('loop') === true) this.#hooks.change('playing', true);
  }
}
