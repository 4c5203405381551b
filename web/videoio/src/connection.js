// @ts-check
// What a src leads to: the service, a file, or recordings. This one leads nowhere; the others do what they can of it.

/**
 * @typedef {object} Hooks
 * @property {() => void} connected
 * @property {() => void} closed told once, unless stop was called: it was refused, or it is lost
 * @property {(method: string, args: unknown[]) => void} tell calls back
 * @property {(text: string) => void} received what the other party sent by sendData
 * @property {(property: string, value: import('./properties.js').Value) => void} change changes a property
 * @property {() => void} opened there is another stream to send
 * @property {import('./screen.js').Screen} screen
 * @property {import('./devices.js').Devices} devices
 * @property {import('./devices.js').Wishes} wishes
 */

export class Connection {
  start() {}

  /** Ends it without a word to the page. */
  stop() {}

  /** Follows the properties. */
  refresh() {}

  /**
   * @param {string} _name
   * @param {unknown[]} _args
   */
  command(_name, _args) {}

  /** Sends a text beside the stream. @param {string} _text */
  send(_text) {}

  /** Goes to a place. @param {number} _seconds */
  seek(_seconds) {}

  /** What is sent, or recorded. @returns {MediaStream | null} */
  stream() {
    return null;
  }

  /** How loud the microphone is, 0 to 1. */
  level() {
    return 0;
  }

  /** @returns {RTCPeerConnection | null} */
  peer() {
    return null;
  }
}
