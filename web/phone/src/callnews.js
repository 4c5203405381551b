// @ts-check
// What the page says of a call: how it stands, and what became of it.
import { clock } from './duration.js';

/** @typedef {{ words: string, kind: 'plain' | 'good' | 'bad', detail: string }} News */

/** @type {Record<string, string>} */
const stateWords = {
  preparing: 'Waiting for the microphone…',
  calling: 'Calling…',
  ringing: 'Ringing…',
  early: 'Ringing…',
  incoming: 'is calling you',
  answering: 'Answering…',
  resuming: 'Taking the call back…',
};

/** How a call stands, beside the name of the other side. @param {import('./call.js').Call} call */
export function wordsForState({ state, up, rings, peer, transfer, interrupted, hold, muted, media }) {
  if (rings && media.pictures.expected) return 'is calling you with video';
  if (!up) return stateWords[state] ?? '';
  if (transfer) return transfer.rings ? `Rings at ${transfer.name}…` : `Transferring to ${transfer.name}…`;
  if (interrupted) return 'The sound is interrupted…';
  if (hold.local) return hold.remote ? 'Both sides hold' : 'On hold';
  if (hold.remote) return `${peer.name} put you on hold`;
  return muted ? 'Connected, microphone muted' : 'Connected';
}

/**
 * How a call that is up stands.
 * @param {import('./call.js').Call} call
 * @returns {News}
 */
export function newsOf({ peer, hold, transfer, interrupted, dialog }) {
  if (transfer) return { words: `Transferring ${peer.name} to ${transfer.name}`, kind: 'plain', detail: '' };
  if (interrupted) return { words: 'The sound is interrupted', kind: 'bad', detail: '' };
  if (hold.local) return { words: `You put ${peer.name} on hold`, kind: 'plain', detail: '' };
  if (hold.remote) return { words: `${peer.name} put you on hold`, kind: 'plain', detail: '' };
  return { words: `Connected with ${peer.name}`, kind: 'good', detail: dialog ? `Call-ID ${dialog.callId}` : '' };
}

/**
 * Why a call is over, and how long it was.
 * @param {import('./call.js').Call} call
 * @returns {News}
 */
export function newsOfEnd({ end, startedAt, endedAt, dialog }) {
  const { words, failed, status, callId = dialog?.callId } = end ?? { words: '', failed: false, status: 0 };
  const talked = startedAt ? `${words} Talked ${clock(endedAt - startedAt)}.` : words;
  const detail = [status && `status ${status}`, callId && `Call-ID ${callId}`].filter(Boolean).join(', ');
  return { words: talked, kind: failed ? 'bad' : 'plain', detail };
}
