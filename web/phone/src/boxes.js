// @ts-check
// The boxes of the page: which tab each is on, and which of them the user has folded.

/**
 * The tabs that a narrow page has, in order; a wide one shows all boxes at once.
 * @type {readonly { name: string, words: string }[]}
 */
export const tabs = Object.freeze([
  { name: 'call', words: 'Call' },
  { name: 'chat', words: 'Chat' },
  { name: 'people', words: 'People' },
  { name: 'settings', words: 'Settings' },
  { name: 'help', words: 'Help' },
]);

const key = 'sipbridge.folded';

/**
 * Which boxes the user has folded or unfolded: id to whether it is folded. Other boxes stand as the page was written.
 * @param {Storage} [storage]
 * @returns {Map<string, boolean>}
 */
export function rememberedFolds(storage) {
  try {
    const kept = JSON.parse((storage ?? globalThis.localStorage).getItem(key) ?? '{}');
    return new Map(Object.entries(kept).map(([id, folded]) => [id, folded === true]));
  } catch {
    return new Map(); // no storage, or not ours
  }
}

/**
 * Keeps them for the next visit.
 * @param {Map<string, boolean>} folds
 * @param {Storage} [storage]
 */
export function rememberFolds(folds, storage) {
  try {
    (storage ?? globalThis.localStorage).setItem(key, JSON.stringify(Object.fromEntries(folds)));
  } catch {
    // A browser that keeps nothing shows the boxes as they were written.
  }
}
