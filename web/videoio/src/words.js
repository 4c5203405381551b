// @ts-check
// Addresses and reasons as siprtmp wrote them.

/**
 * Reads `sip:u@h`, `"Name" <sip:u@h>`, `u@h`, or `u` alone, which is at the domain; null for what is none.
 * @param {string} text
 * @param {string} domain
 */
export function targetOf(text, domain) {
  const inside = /<([^<>]*)>/.exec(text)?.[1] ?? text;
  const address = inside.trim().replace(/^sip:/i, '').split(/[;?]/)[0];
  const complete = address.includes('@') ? address : `${address}@${domain}`;
  return /^[A-Za-z0-9_.!~*'()&=+$,-]+@[A-Za-z0-9.:[\]-]+$/.test(complete) ? `sip:${complete}` : null;
}

/**
 * Writes a party as callbacks name it. A name cannot end its quotes.
 * @param {{ display_name?: string | null, uri: { toString(): string } }} identity
 */
export function nameAddress({ display_name: name, uri }) {
  const address = `<${uri}>`;
  return name ? `"${name.replace(/["\\]/g, '')}" ${address}` : address;
}

/**
 * Reads what a page rejects with: a status and a text, or a text alone, which is a 603.
 * @param {string} text
 */
export function statusOf(text) {
  const [, status, phrase] = /^([4-6][0-9]{2})\b\s*(.*)$/.exec(text) ?? [null, '603', text];
  return { status_code: Number(status), reason_phrase: phrase || 'Decline' };
}

/**
 * Writes why a call failed: "486 Busy Here".
 * @param {{ message?: any, cause?: string }} failure of JsSIP
 */
export function reasonOf({ message, cause }) {
  return message?.status_code ? `${message.status_code} ${message.reason_phrase}` : `480 ${cause}`;
}

/** How many bytes a text may have: a message of SIP that the service takes has room for so many, beside its headers. */
const mostBytes = 24 << 10;

/**
 * Whether a text can be sent. A longer one would end the connection, and the call with it.
 * @param {string} text
 */
export function fits(text) {
  return text !== '' && new TextEncoder().encode(text).length <= mostBytes;
}
