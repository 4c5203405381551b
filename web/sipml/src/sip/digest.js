// @ts-check
// Answers to digest challenges (RFC 7616 and 8760). JsSIP's own know MD5 alone, and prefer auth-int.
import { DigestAuthentication, md5, randomToken } from './jssip.js';
import { sha256 } from './sha256.js';

/** @type {Record<string, ((text: string) => string) | undefined>} */
const hashes = Object.freeze({ MD5: md5, 'SHA-256': sha256 });

/**
 * The hash of an algorithm, and whether the nonces go into the user's part.
 * @param {string | undefined} algorithm
 */
function hashOf(algorithm = 'MD5') {
  const name = algorithm.toUpperCase();
  const isSession = name.endsWith('-SESS');
  const hash = hashes[isSession ? name.slice(0, -5) : name];
  return hash ? { hash, isSession } : undefined;
}

/** Whether a challenge with this algorithm can be answered. @param {string | undefined} algorithm */
export const isKnown = (algorithm) => Boolean(hashOf(algorithm));

/** @param {string[] | string | undefined} offered */
function choose(offered) {
  if (!offered || offered.length === 0) return null;
  const words = [offered].flat().map((word) => word.toLowerCase());
  return ['auth', 'auth-int'].find((word) => words.includes(word));
}

/** @param {string} text */
const quoted = (text) => `"${text.replace(/[\\"]/g, '\\$&')}"`;

/**
 * @typedef {{ realm: string, nonce: string, opaque?: string, algorithm?: string, qop?: string[] }} Challenge
 * @typedef {{ method: string, ruri: unknown, body?: string }} Request
 */

/** Takes JsSIP's place wherever a challenge is answered; its names are JsSIP's. */
export class Digest {
  #credentials;
  #header = '';
  /** The last challenge that was answered. @type {Challenge | null} */
  #challenge = null;
  /** Where the answer goes. */
  headerName = 'authorization';
  #count = 0;

  /** @param {{ username: string, password: string }} credentials */
  constructor(credentials) {
    this.#credentials = credentials;
  }

  /**
   * @param {Request} request
   * @param {Challenge} challenge
   * @param {string} [cnonce] given by tests
   * @returns {boolean} whether there is an answer
   */
  authenticate({ method, ruri, body }, challenge, cnonce = randomToken(12)) {
    const algorithm = hashOf(challenge.algorithm);
    const qop = choose(challenge.qop);
    if (!algorithm || qop === undefined || !challenge.nonce || !challenge.realm) return false;
    const { hash, isSession } = algorithm;
    if (challenge.nonce !== this.#challenge?.nonce) this.#count = 0;
    this.#challenge = challenge;
    const { username, password } = this.#credentials;
    const count = (++this.#count).toString(16).padStart(8, '0');
    const user = hash(`${username}:${challenge.realm}:${password}`);
    const ha1 = isSession ? hash(`${user}:${challenge.nonce}:${cnonce}`) : user;
    const ha2 = hash(`${method}:${ruri}${qop === 'auth-int' ? `:${hash(body ?? '')}` : ''}`);
    const nonces = qop ? `${challenge.nonce}:${count}:${cnonce}:${qop}` : challenge.nonce;
    this.#header = this.#write(challenge, { uri: String(ruri), response: hash(`${ha1}:${nonces}:${ha2}`) }, [
      ...(qop ? [`qop=${qop}`, `nc=${count}`] : []),
      ...(qop || isSession ? [`cnonce=${quoted(cnonce)}`] : []),
    ]);
    return true;
  }

  /**
   * Answers the last challenge once more, for another request; gives the header's value, '' if there was none.
   * @param {Request} request
   */
  again(request) {
    return this.#challenge && this.authenticate(request, this.#challenge) ? this.#header : '';
  }

  /** JsSIP would keep what this gives in place of the password. */
  get() {
    return null;
  }

  toString() {
    return this.#header;
  }

  /**
   * @param {Challenge} challenge
   * @param {{ uri: string, response: string }} answer
   * @param {string[]} more
   */
  #write({ algorithm, realm, nonce, opaque }, { uri, response }, more) {
    const parts = [
      `username=${quoted(this.#credentials.username)}`,
      `realm=${quoted(realm)}`,
      `nonce=${quoted(nonce)}`,
      `uri=${quoted(uri)}`,
      `response=${quoted(response)}`,
      ...(algorithm ? [`algorithm=${algorithm}`] : []),
      ...(opaque ? [`opaque=${quoted(opaque)}`] : []),
      ...more,
    ];
    return `Digest ${parts.join(', ')}`;
  }
}

/**
 * Lets JsSIP answer challenges by Digest. Every request of JsSIP makes its answer anew from JsSIP's class, so that
 * class is taught here.
 */
export function teachDigest() {
  /** @type {WeakMap<object, Digest>} */
  const digests = new WeakMap();
  DigestAuthentication.prototype.authenticate = function authenticate(/** @type {any[]} */ ...given) {
    const digest = digests.get(this) ?? new Digest(this._credentials);
    digests.set(this, digest);
    return digest.authenticate(given[0], given[1], given[2] ?? undefined);
  };
  DigestAuthentication.prototype.get = () => null;
  DigestAuthentication.prototype.toString = function toString() {
    return String(digests.get(this));
  };
}
