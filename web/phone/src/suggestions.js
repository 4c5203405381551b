// @ts-check
// What the page offers to call.

/** What the built-in numbers do, in the order in which they help a newcomer. */
const hints = new Map([
  ['echo', 'hear yourself'],
  ['tone', 'a steady test tone'],
  ['dtmf', 'plays your keys back'],
]);

/** Known numbers before others. @param {string} a @param {string} b */
function order(a, b) {
  const known = [...hints.keys()];
  const place = (/** @type {string} */ number) => (hints.has(number) ? known.indexOf(number) : known.length);
  return place(a) - place(b);
}

/** @typedef {{ target: string, hint: string }} Suggestion */

/**
 * Suggests the numbers that need nobody else, then the other users of a demonstration.
 * @param {Pick<import('./facts.js').Facts, 'numbers' | 'accounts'>} facts
 * @param {string} me the name of the user
 * @returns {Suggestion[]}
 */
export function suggestionsFor({ numbers, accounts }, me) {
  const others = accounts.filter(({ name }) => name !== me);
  return [
    ...[...numbers].sort(order).map((number) => ({ target: number, hint: hints.get(number) ?? '' })),
    ...others.map(({ name }) => ({ target: name, hint: 'the other demo user' })),
  ];
}
