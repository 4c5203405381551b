// @ts-check
// The SIP messages of this page, for whoever helps: what proves who we are is taken out before anything is kept.

/** How many messages are kept. */
const length = 400;

/**
 * A header whose value proves who we are, with the lines that continue it.
 * (RFC 3261 sections 20.7 and 20.28; RFC 8898 for Bearer)
 */
const proof = /^((?:proxy-)?authorization[ \t]*:[ \t]*)(\S*)[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*/gim;

/** The header with the password of a relay. */
const relay = /^(x-ice-servers[ \t]*:[ \t]*)[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*/gim;

/** @typedef {{ at: Date, way: 'in' | 'out', text: string }} Message */

export class Trace {
  /** @type {Message[]} oldest first */
  messages = [];
  #changed;

  /** @param {() => void} changed called after every new message */
  constructor(changed) {
    this.#changed = changed;
  }

  /**
   * Notes a message, without what proves who we are.
   * @param {'in' | 'out'} way
   * @param {string} text
   */
  add(way, text) {
    this.messages.push({ at: new Date(), way, text: redacted(text) });
    if (this.messages.length > length) this.messages.shift();
    this.#changed();
  }

  clear() {
    this.messages = [];
    this.#changed();
  }

  /** All of it, to copy or to keep in a file. */
  get text() {
    return this.messages.map(({ at, way, text }) => `${heading(at, way)}\n${text}`).join('\n\n');
  }
}

/**
 * The message without its credentials; the scheme of the proof stays.
 * @param {string} text
 */
export function redacted(text) {
  return text.replace(proof, (_, name, scheme) => `${name}${scheme} [left out]`).replace(relay, '$1[left out]');
}

/**
 * The first line of a message, or what it is if it has none.
 * @param {string} text
 */
export function firstLine(text) {
  const line = text.split('\r\n', 1)[0];
  return line.trim() ? line : 'keep-alive';
}

/**
 * @param {Date} at
 * @param {'in' | 'out'} way
 */
function heading(at, way) {
  return `--- ${at.toISOString()} ${way === 'in' ? 'received' : 'sent'}`;
}
