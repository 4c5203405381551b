// What the page offers to call.

/** What the built-in numbers do, in the order in which they help a newcomer. */
const hints = new Map([
  ['echo', 'hear yourself'],
  ['tone', 'a steady test tone'],
  ['dtmf', 'plays your keys back'],
]);

/** Known numbers before others. */
function order(a, b) {
  const known = [...hints.keys()];
  const place = (number) => (hints.has(number) ? known.indexOf(number) : known.length);
  return place(a) - place(b);
}

/** Suggests the numbers that need nobody else, then the other users of a demonstration: [{ target, hint }]. */
export function suggestionsFor({ numbers, accounts }, me) {
  const others = accounts.filter(({ name }) => name !== me);
  return [
    ...[...numbers].sort(order).map((number) => ({ target: number, hint: hints.get(number) ?? '' })),
    ...others.map(({ name }) => ({ target: name, hint: 'the other demo user' })),
  ];
}
