// @ts-check

/** @typedef {'audio' | 'video'} Kind */
/** @typedef {'local' | 'remote'} Side */

/** @param {MediaStream | null} stream @param {Kind} kind */
const has = (stream, kind) => Boolean(stream?.getTracks().some((track) => track.kind === kind));

/** @param {HTMLMediaElement} element @param {MediaStream | null} stream */
function show(element, stream) {
  if (element.srcObject === stream) return;
  element.srcObject = stream;
  // Refused where the user has not touched the page yet; the element plays when he does.
  if (stream) element.play().catch(() => {});
}

/** The page's elements of a call, and what they show. */
export class Elements {
  /** @type {Record<string, HTMLMediaElement | null | undefined>} by kind and side */
  #elements = {};
  #told = new Set();
  #tell;

  /** @param {(type: string) => void} tell of an event */
  constructor(tell) {
    this.#tell = tell;
  }

  /** @param {any} conf of a session; undefined leaves an element, null takes it away */
  apply(conf) {
    for (const kind of ['audio', 'video']) {
      for (const side of ['local', 'remote']) {
        const element = conf[`${kind}_${side}`];
        if (element !== undefined) this.#elements[`${kind}_${side}`] = element;
      }
    }
    this.#told.clear();
  }

  /** Shows what there is of a stream, and tells of what is new. @param {Side} side @param {MediaStream | null} stream */
  show(side, stream) {
    for (const kind of /** @type {Kind[]} */ (['video', 'audio'])) {
      const element = this.#elements[`${kind}_${side}`];
      if (!element || !stream) continue;
      show(element, stream);
      if (has(stream, kind)) this.#tellOnce(`m_stream_${kind}_${side}_added`);
    }
  }

  /** A track is gone while the call goes on. @param {Side} side @param {Kind} kind */
  removed(side, kind) {
    this.#told.delete(`m_stream_${kind}_${side}_added`);
    if (this.#elements[`${kind}_${side}`]) this.#tell(`m_stream_${kind}_${side}_removed`);
  }

  clear() {
    for (const element of Object.values(this.#elements)) {
      if (element) show(element, null);
    }
    this.#told.clear();
  }

  /** @param {string} output id of the device that plays */
  async playOn(output) {
    for (const side of ['audio_remote', 'video_remote']) {
      const element = /** @type {any} */ (this.#elements[side]);
      await element?.setSinkId?.(output);
    }
  }

  /** @param {string} type */
  #tellOnce(type) {
    if (this.#told.has(type)) return;
    this.#told.add(type);
    this.#tell(type);
  }
}
