// What the page offers to call.

/** What the built-in numbers do. */
const hints = new Map([
  ['echo', 'hear yourself'],
  ['tone', 'a steady test tone'],
  ['dtmf', 'plays your keys back'],
]);

/** Suggests the numbers that need nobody else, then the other users of a demonstration: [{ target, hint }]. */
export function suggestionsFor({ numbers, accounts }, me) {
  const others = accounts.filter(({ name }) => name !== me);
  return [
    ...numbers.map((number) => ({ target: number, hint: hints.get(number) ?? '' })),
    ...others.map(({ name }) => ({ target: name, hint: 'the other demo user' })),
  ];
}
