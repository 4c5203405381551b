// @ts-check
import { NameAddrHeader, URI } from './jssip.js';

/**
 * The address that a user means: a URI of sip, sips or tel, one within quotes and angle brackets, or a bare name or
 * number, which is in the realm.
 * @param {string} text
 * @param {string} realm
 * @returns {any} JsSIP's URI, with display_name where the text has one, and telephone if it is of tel; undefined if
 *   it is none
 */
export function targetOf(text, realm) {
  const trimmed = text.trim();
  if (/^["<]/.test(trimmed)) {
    const address = NameAddrHeader.parse(trimmed);
    return address && Object.assign(address.uri, { display_name: address.display_name });
  }
  if (/^tel:/i.test(trimmed)) return telephone(trimmed, realm);
  const withScheme = /^sips?:/i.test(trimmed) ? trimmed : `sip:${trimmed}`;
  return URI.parse(withScheme.includes('@') ? withScheme : `${withScheme}@${realm}`);
}

/** A tel URI as the SIP URI that stands for it (RFC 3261 section 19.1.6). @param {string} text @param {string} realm */
function telephone(text, realm) {
  const number = text.slice(4).replace(/[-.() ]/g, '');
  if (!/^\+?[0-9a-dA-D*#]+(;[^@\s]+)?$/.test(number)) return undefined;
  return Object.assign(URI.parse(`sip:${number}@${realm};user=phone`), { telephone: `tel:${number}` });
}
