// @ts-check
// What the browser remembers of the account between visits. Never the password: the browser has its own
// store for those.

/** @typedef {{ name: string, domain: string, displayName: string }} Remembered */

const key = 'sipbridge.account';

/** The account of the last registration, or null. @param {Storage} [storage] @returns {Remembered | null} */
export function remembered(storage) {
  try {
    return JSON.parse((storage ?? globalThis.localStorage).getItem(key) ?? 'null');
  } catch {
    return null; // no storage, or not ours
  }
}

/** Keeps the account for the next visit. @param {Remembered} account @param {Storage} [storage] */
export function remember({ name, domain, displayName }, storage) {
  try {
    (storage ?? globalThis.localStorage).setItem(key, JSON.stringify({ name, domain, displayName }));
  } catch {
    // A browser that keeps nothing still makes calls.
  }
}
