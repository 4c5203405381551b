// @ts-check
// Sending the other side of a call to somebody else (RFC 3515), by a session of JsSIP.
import { wordsForEnd } from './callwords.js';

export class Referral {
  /** Rings says that it rings there, done that they talk. */
  rings = false;
  done = false;
  #told;

  /**
   * @param {string} name whom the other side is sent to, for the user
   * @param {{ changed: () => void, sent: () => void, stays: (words: string) => void }} told of progress, success, and
   *   why the other side could not be sent there
   * @param {import('./call.js').Call | null} consulted our own call with them, if there is one
   */
  constructor(name, told, consulted = null) {
    this.name = name;
    this.consulted = consulted;
    this.#told = told;
  }

  /**
   * Asks the other side of a session to call somebody.
   * @param {import('jssip/lib/RTCSession').RTCSession} session
   * @param {string} uri whom to
   * @param {import('jssip/lib/RTCSession').RTCSession} [replaces] our own session with them, if there is one: the two
   *   become one then (RFC 3891)
   */
  send(session, uri, replaces) {
    session.refer(uri, {
      replaces,
      eventHandlers: {
        progress: () => {
          this.rings = true;
          this.#told.changed();
        },
        accepted: () => {
          this.done = true;
          this.#told.sent();
        },
        failed: (/** @type {any} */ { status_line: line }) => this.#stays(line.status_code),
        requestFailed: (/** @type {any} */ { response }) => this.#stays(response?.status_code ?? 408),
      },
    });
  }

  /** @param {number} status */
  #stays(status) {
    const end = { originator: 'remote', message: { status_code: status } };
    this.#told.stays(wordsForEnd(end, { peer: this.name }).words);
  }
}
