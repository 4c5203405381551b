// What the browser remembers of the account between visits. Never the password: the browser has its own
// store for those.

const key = 'sipbridge.account';

/** Gives { name, domain, displayName } of the last registration, or null. */
export function remembered(storage) {
  try {
    return JSON.parse((storage ?? globalThis.localStorage).getItem(key));
  } catch {
    return null; // no storage, or not ours
  }
}

/** Keeps the account for the next visit. */
export function remember({ name, domain, displayName }, storage) {
  try {
    (storage ?? globalThis.localStorage).setItem(key, JSON.stringify({ name, domain, displayName }));
  } catch {
    // A browser that keeps nothing still makes calls.
  }
}
