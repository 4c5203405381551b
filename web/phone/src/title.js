// What stands in the browser's tab.

const name = 'sipbridge phone';

/** The title for a call as it stands. */
export function titleFor(call) {
  if (!call) return name;
  if (call.state === 'incoming') return `☎ ${call.peer.name} is calling`;
  return `${call.peer.name} – ${name}`;
}
