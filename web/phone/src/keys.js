// @ts-check
// The keys of the dial pad, and how they travel.

/** The keys in rows, each with the letters printed on it. @type {[key: string, letters: string][]} */
export const keys = [
  ['1', ''],
  ['2', 'ABC'],
  ['3', 'DEF'],
  ['4', 'GHI'],
  ['5', 'JKL'],
  ['6', 'MNO'],
  ['7', 'PQRS'],
  ['8', 'TUV'],
  ['9', 'WXYZ'],
  ['*', ''],
  ['0', '+'],
  ['#', ''],
];

/** How long a key sounds, and the silence after it, in milliseconds (RFC 4733 section 2.6 asks for 40 and more). */
export const keyTiming = { duration: 120, interToneGap: 80 };

const rowHz = [697, 770, 852, 941];
const columnHz = [1209, 1336, 1477];

/** The two tones of a key in Hz (ITU-T Q.23). @param {string} key @returns {[number, number]} */
export function tonesOf(key) {
  const index = keys.findIndex(([each]) => each === key);
  return [rowHz[Math.floor(index / 3)], columnHz[index % 3]];
}

/**
 * The key that a press on the keyboard stands for, or ''. One that is held down is pressed once.
 * @param {Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'altKey' | 'metaKey' | 'repeat'>} pressed
 */
export function keyFromKeyboard({ key, ctrlKey, altKey, metaKey, repeat }) {
  if (ctrlKey || altKey || metaKey || repeat) return '';
  return keys.some(([each]) => each === key) ? key : '';
}

/**
 * Which way keys go out on a connection: 'RFC2833' (JsSIP's name for RFC 4733) when both sides agreed on
 * telephone-event, else 'INFO'.
 * @param {RTCPeerConnection} connection
 */
export function keyTransport(connection) {
  const sender = connection.getSenders().find(({ track }) => track?.kind === 'audio');
  return sender?.dtmf && canInsert(sender, sender.dtmf) ? 'RFC2833' : 'INFO';
}

/** Not every browser has canInsertDTMF; all list the agreed codecs. @param {RTCRtpSender} sender @param {RTCDTMFSender} dtmf */
function canInsert(sender, dtmf) {
  if (typeof dtmf.canInsertDTMF === 'boolean') return dtmf.canInsertDTMF;
  return (sender.getParameters().codecs ?? []).some(
    ({ mimeType }) => mimeType.toLowerCase() === 'audio/telephone-event',
  );
}
