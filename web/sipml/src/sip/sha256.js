// @ts-check
// SHA-256 (FIPS 180-4) without waiting: the browser's own answers by promise, and only to pages of secure origin,
// while a challenge is answered within the call that hears it.

/** The first 32 bits of the fractional part of a root. @param {number} root */
const fraction = (root) => Math.floor((root - Math.floor(root)) * 2 ** 32) >>> 0;

/** @param {number} count */
function firstPrimes(count) {
  /** @type {number[]} */
  const primes = [];
  for (let n = 2; primes.length < count; n++) {
    if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  }
  return primes;
}

const primes = Object.freeze(firstPrimes(64));
const roundConstants = Object.freeze(primes.map((prime) => fraction(Math.cbrt(prime))));
const initial = Object.freeze(primes.slice(0, 8).map((prime) => fraction(Math.sqrt(prime))));

/** @param {number} word @param {number} bits */
const rotate = (word, bits) => (word >>> bits) | (word << (32 - bits));

/** The message with its padding, as words. @param {string} text */
function padded(text) {
  const bytes = new TextEncoder().encode(text);
  const blocks = Math.ceil((bytes.length + 9) / 64);
  const view = new DataView(new ArrayBuffer(blocks * 64));
  bytes.forEach((byte, at) => view.setUint8(at, byte));
  view.setUint8(bytes.length, 0x80);
  view.setUint32(blocks * 64 - 8, Math.floor((bytes.length * 8) / 2 ** 32));
  view.setUint32(blocks * 64 - 4, bytes.length * 8);
  return view;
}

/** The 64 words of a block. @param {DataView} view @param {number} start */
function schedule(view, start) {
  const words = new Uint32Array(64);
  for (let i = 0; i < 16; i++) words[i] = view.getUint32(start + i * 4);
  for (let i = 16; i < 64; i++) {
    const [a, b] = [words[i - 15], words[i - 2]];
    const small0 = rotate(a, 7) ^ rotate(a, 18) ^ (a >>> 3);
    const small1 = rotate(b, 17) ^ rotate(b, 19) ^ (b >>> 10);
    words[i] = words[i - 16] + small0 + words[i - 7] + small1;
  }
  return words;
}

/** @param {number[]} state @param {Uint32Array} words */
function compress(state, words) {
  let [a, b, c, d, e, f, g, h] = state;
  for (let i = 0; i < 64; i++) {
    const big1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const first = (h + big1 + ((e & f) ^ (~e & g)) + roundConstants[i] + words[i]) | 0;
    const big0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const second = (big0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
  }
  return [a, b, c, d, e, f, g, h].map((word, at) => (word + state[at]) >>> 0);
}

/** @param {string} text @returns {string} 64 hexadecimal digits */
export function sha256(text) {
  const view = padded(text);
  let state = [...initial];
  for (let start = 0; start < view.byteLength; start += 64) state = compress(state, schedule(view, start));
  return state.map((word) => word.toString(16).padStart(8, '0')).join('');
}
