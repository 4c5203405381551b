// @ts-check
// What a page leaves for the next one in the same tab, so that a reload costs neither registration nor calls. It is
// written when the page goes and taken out by the next one: a copy of the tab finds nothing and steals no call.
// The password is not in it, but what the digest makes of it for one realm (RFC 2617 section 3.2.2.2).

/**
 * @typedef {object} KeptCall
 * @property {'outgoing' | 'incoming'} direction
 * @property {import('./call.js').Peer} peer
 * @property {import('./call.js').Dialog} dialog
 * @property {number} startedAt in milliseconds since 1970
 * @property {string} keys
 * @property {boolean} muted
 * @property {boolean} held by us
 * @property {boolean} active whether it was the one the user talked to
 * @property {'no' | 'other' | 'both'} seen who was: nobody, the other side alone, or the user by his camera, too
 *
 * @typedef {object} Kept
 * @property {string} webSocket
 * @property {import('./account.js').Account} account
 * @property {KeptCall[]} calls
 * @property {number} at when the page went, in milliseconds since 1970
 */

const key = 'sipbridge.kept';

/** For how long a page is the next one, in milliseconds; the service keeps its calls for call.park, which is 30 s. */
const worth = 60_000;

/** Leaves something for the next page. @param {Omit<Kept, 'at'> | null} kept @param {Storage} [storage] */
export function keep(kept, storage) {
  try {
    const place = storage ?? globalThis.sessionStorage;
    if (kept) place.setItem(key, JSON.stringify({ ...kept, at: Date.now() }));
    else place.removeItem(key);
  } catch {
    // A browser that keeps nothing loses the call.
  }
}

/** Takes what the page before has left, or null. @param {Storage} [storage] @returns {Kept | null} */
export function takeKept(storage) {
  try {
    const place = storage ?? globalThis.sessionStorage;
    const kept = /** @type {Kept | null} */ (JSON.parse(place.getItem(key) ?? 'null'));
    place.removeItem(key);
    const useful = kept?.account.uri && Array.isArray(kept.calls) && Date.now() - kept.at < worth;
    return useful ? kept : null;
  } catch {
    return null; // no storage, or not ours
  }
}

/** What another page needs to take a call back; null if the call is not that far. @param {import('./call.js').Call} call @param {boolean} active */
export function keptCall(call, active) {
  const { direction, peer, dialog, startedAt, keys, media } = call;
  if (!dialog || !(call.up || call.state === 'resuming')) return null;
  // A call that is not taken back yet is neither muted nor held, but shall be.
  const now = { muted: call.muted, held: call.hold.local, seen: media.pictures.seenBy(media.connection) };
  return { direction, peer, dialog, startedAt, keys, active, ...(call.up ? now : call.before) };
}

/**
 * The dialog that a response to our INVITE has made.
 * @param {{ call_id: string, from_tag: string, to_tag: string }} response
 * @returns {import('./call.js').Dialog}
 */
export function dialogOf({ call_id: callId, from_tag: localTag, to_tag: remoteTag }) {
  return { callId, localTag, remoteTag };
}

/** The header that takes the place of a dialog (RFC 3891). @param {import('./call.js').Dialog} dialog */
export function replacing({ callId, localTag, remoteTag }) {
  return `Replaces: ${callId};to-tag=${remoteTag};from-tag=${localTag}`;
}
