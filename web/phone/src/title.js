// @ts-check
// What stands in the browser's tab.

const name = 'sipbridge phone';

/** The title for the calls as they stand. @param {Pick<import('./calls.js').Calls, 'active' | 'list'>} calls */
export function titleFor({ active, list }) {
  const rings = list.find(({ state }) => state === 'incoming');
  if (rings) return `☎ ${rings.peer.name} is calling`;
  return active ? `${active.peer.name} – ${name}` : name;
}
