// @ts-check
// The functions of the page that hear of a player.

/**
 * Calls a function of the page, if it has it. What goes wrong there is the page's.
 * @param {string} objectID by which the page knows the player
 * @param {string} name
 * @param {object} event
 */
export function tellPage(objectID, name, event) {
  const listener = /** @type {Record<string, unknown>} */ (/** @type {unknown} */ (globalThis))[name];
  if (typeof listener !== 'function') return;
  try {
    listener({ objectID, ...event });
  } catch (error) {
    reportError(error);
  }
}
