// @ts-check
// The RTMP application of a media server, as far as it is there without one: what a page publishes with record=true is
// kept in this browser, and play finds it here. To publish for others, or to play what is not here, there is no server.
import { Connection } from './connection.js';
import { File } from './file.js';
import { Recordings } from './recordings.js';
import { Tape } from './tape.js';

export class Studio extends Connection {
  #url;
  #hooks;
  #recordings;
  /** @type {Tape | null} */
  #tape = null;
  /** @type {File | null} */
  #file = null;
  /** What the file is made of, to be given back. @type {string[]} */
  #blobs = [];
  /** The name of what is recorded, and of what is played. @type {{ publish: string | null, play: string | null }} */
  #names = { publish: null, play: null };
  /** Whether what is recorded is added to what was. */
  #appends = false;
  /** All that takes time, one after the other. */
  #work = Promise.resolve();
  #over = false;

  /**
   * @param {string} url
   * @param {import('./connection.js').Hooks} hooks
   * @param {Recordings} recordings
   */
  constructor(url, hooks, recordings = new Recordings()) {
    super();
    this.#url = url;
    this.#hooks = hooks;
    this.#recordings = recordings;
  }

  /** @override */
  start() {
    const { wishes } = this.#hooks;
    const records = wishes('publish') !== null && wishes('record') === true;
    if (records || wishes('play') !== null) this.#hooks.connected();
    else this.#hooks.closed();
  }

  /** @override */
  stop() {
    this.#over = true;
    this.#eject(); // at once, for another file may come now
    this.#follow({ publish: null, play: null });
  }

  /** @override */
  refresh() {
    const { wishes } = this.#hooks;
    const runs = wishes('recording') === true && wishes('record') === true;
    this.#follow({
      publish: runs ? /** @type {string} */ (wishes('publish')) : null,
      play: /** @type {string | null} */ (wishes('play')),
    });
    this.#tape?.want(this.#wanted());
    this.#file?.refresh();
  }

  /** @override @param {number} seconds */
  seek(seconds) {
    this.#file?.seek(seconds);
  }

  /** @override */
  stream() {
    return this.#tape?.stream ?? null;
  }

  /** @override */
  level() {
    return this.#tape?.level ?? 0;
  }

  #wanted() {
    const { wishes } = this.#hooks;
    return {
      sound: wishes('microphone') === true,
      pictures: wishes('camera') === true,
      gain: Number(wishes('gain')),
    };
  }

  /** @param {{ publish: string | null, play: string | null }} names */
  #follow({ publish, play }) {
    const last = this.#names;
    this.#names = { publish, play };
    if (publish !== last.publish) {
      const key = last.publish !== null && this.#key(last.publish);
      const append = this.#appends;
      if (key) this.#then(() => this.#keep(key, append));
      if (publish !== null) this.#then(() => this.#record());
      this.#appends = this.#hooks.wishes('recordMode') === 'append';
    }
    if (play !== last.play) {
      if (last.play !== null) this.#then(async () => this.#eject());
      if (play !== null) this.#then(() => this.#load(play));
    }
  }

  /** @param {() => Promise<void>} action */
  #then(action) {
    this.#work = this.#work.then(action).catch((error) => {
      reportError(error);
      this.#hooks.closed();
    });
  }

  async #record() {
    const { devices, change, opened, wishes } = this.#hooks;
    const stream = await devices.open({ audio: true, video: true }).catch(() => null);
    if (!stream) {
      change('recording', false);
      return;
    }
    const came = (/** @type {number} */ bytes, /** @type {number} */ seconds) => {
      change('bandwidth', bytes);
      change('currentTime', Math.round(seconds));
    };
    this.#tape = new Tape(stream, Number(wishes('gain')), came, () => change('recording', false));
    opened();
  }

  /**
   * @param {string} key of what was recorded
   * @param {boolean} append
   */
  async #keep(key, append) {
    const tape = this.#tape;
    this.#tape = null;
    if (!tape) return;
    const part = await tape.end();
    const parts = append ? await this.#recordings.get(key) : [];
    await this.#recordings.put(key, [...parts, part]);
  }

  /** @param {string} name */
  async #load(name) {
    const parts = await this.#recordings.get(this.#key(name));
    if (this.#over) return;
    if (parts.length === 0) {
      this.#hooks.closed();
      return;
    }
    this.#blobs = parts.map(({ blob }) => URL.createObjectURL(blob));
    const bytes = parts.reduce((sum, { blob }) => sum + blob.size, 0);
    this.#hooks.change('bytesTotal', bytes);
    this.#hooks.change('bytesLoaded', bytes);
    this.#file = new File(
      this.#blobs.map((url, at) => ({ url, seconds: parts[at].seconds })),
      this.#hooks,
    );
    this.#file.load();
    this.#file.refresh();
  }

  #eject() {
    this.#file?.stop();
    this.#file = null;
    for (const url of this.#blobs.splice(0)) URL.revokeObjectURL(url);
  }

  /** @param {string} name */
  #key(name) {
    return `${this.#url.replace(/^[a-z]+:/i, '')}/${name}`;
  }
}
