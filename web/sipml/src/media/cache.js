// @ts-check

/** @param {MediaStream} stream */
const isAlive = (stream) => stream.getTracks().every((track) => track.readyState === 'live');

/** @param {MediaStream} stream */
export function stopTracks(stream) {
  for (const track of stream.getTracks()) track.stop();
}

/**
 * Streams of microphones and cameras that stay open between calls, so that the user is asked, and the devices are
 * started, only once. Each call gets copies of the tracks: it mutes and stops its own.
 */
export class MediaCache {
  /** @type {Map<string, MediaStream>} */
  #streams = new Map();

  /** @param {MediaStreamConstraints} constraints */
  async get(constraints) {
    const key = JSON.stringify(constraints);
    const kept = this.#streams.get(key);
    if (kept && isAlive(kept)) return kept.clone();
    const stream = await navigator.mediaDevices.getUserMedia(constraints);
    this.#streams.set(key, stream);
    return stream.clone();
  }

  clear() {
    for (const stream of this.#streams.values()) stopTracks(stream);
    this.#streams.clear();
  }
}
