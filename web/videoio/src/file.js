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

export class File extends Connection {
  #urls;
  #hooks;
  #video;
  #part = 0;
  #runs = false;
  /** Takes all listeners away at the end. */
  #listening = new AbortController();

  /**
   * @param {string[]} urls
   * @param {import('./connection.js').Hooks} hooks
   */
  constructor(urls, hooks) {
    super();
    this.#urls = urls;
    this.#hooks = hooks;
    this.#video = hooks.screen.video;
  }

  /** @override */
  start() {
    const { signal } = this.#listening;
    /** @type {(type: string, listener: () => void) => void} */
    const on = (type, listener) => this.#video.addEventListener(type, listener, { signal });
    for (const [type, state] of Object.entries(states)) on(type, () => this.#hooks.change('playerState', state));
    on('durationchange', () => this.#hooks.change('duration', this.#video.duration));
    on('timeupdate', () => this.#hooks.change('currentTime', this.#video.currentTime));
    on('ended', () => this.#ended());
    this.#video.preload = this.#hooks.wishes('preload') === true ? 'auto' : 'metadata';
    this.#load(0);
    this.#hooks.connected();
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

  /** @override @param {number} seconds in the part that is played */
  seek(seconds) {
    if (Number.isFinite(seconds)) this.#video.currentTime = seconds;
  }

  /** @param {number} part */
  #load(part) {
    this.#part = part;
    this.#video.autoplay = false;
    this.#video.src = this.#urls[part];
  }

  #play() {
    if (this.#video.ended) this.#load(0);
    // What cannot be played is told by playerState; a play that is cut short is none of the page's.
    this.#video.play().catch(() => {});
  }

  #ended() {
    if (this.#part + 1 < this.#urls.length) {
      this.#load(this.#part + 1);
      this.#play();
      return;
    }
    this.#hooks.change('playerState', 'stopped');
    this.#hooks.change('playing', false);
    if (this.#hooks.wishes('loop') === true) this.#hooks.change('playing', true);
  }
}
