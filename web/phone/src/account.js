// @ts-check
// Who the user is: what the form holds, made into what a registration needs.
import JsSIP from 'jssip';

/**
 * @typedef {object} Account
 * @property {string} uri
 * @property {string} name
 * @property {string} domain
 * @property {string} displayName
 * @property {string} [password] or else:
 * @property {string} [ha1] what the digest makes of name, realm and password
 * @property {string} [realm] for which
 * @property {string} [authName] the name for the digest, if it is another one
 * @property {string} [userAgent] what the page calls itself toward servers
 * @property {string} [server] what it calls itself in responses
 * @property {boolean} [registers] false to place calls alone
 * @property {number} [registerSeconds] for how long to register
 * @property {RTCIceServer[]} [iceServers]
 *
 * @typedef {{ name: string, domain: string, password: string, displayName: string, authName?: string,
 *   userAgent?: string, server?: string, registers?: boolean, registerSeconds?: number, iceServers?: RTCIceServer[] }} Typed
 */

/**
 * Makes an account of what was typed. A name may carry its
 * domain ("alice@example.org"). Throws an Error in plain words for what cannot be one.
 * @param {Typed} typed
 * @returns {Account}
 */
export function accountFrom({ name, domain, password, displayName, ...others }) {
  const [typedName, typedDomain] = split(name.trim().replace(/^sips?:/i, ''));
  const chosenDomain = typedDomain || domain.trim();
  if (!typedName) throw new Error('Please enter your name.');
  if (!chosenDomain) throw new Error('Please enter your domain.');
  const uri = addressURI(`${typedName}@${chosenDomain}`);
  if (!uri) throw new Error(`${typedName}@${chosenDomain} is not an address.`);
  return {
    uri,
    name: typedName,
    domain: chosenDomain,
    password,
    displayName: displayName.trim(),
    ...others,
  };
}

/** What people put between the digits of a phone number beside the separators that JsSIP takes out. */
const phoneNumber = /^[+\d\s().-]+$/;

/** The SIP URI of what was typed as an address, or '' if it is none; without "@" it is in the domain. @param {string} typed @param {string} [domain] */
export function addressURI(typed, domain) {
  const bare = phoneNumber.test(typed) ? typed.replace(/\s/g, '') : typed;
  try {
    return String(JsSIP.Utils.normalizeTarget(bare, domain) ?? '');
  } catch (error) {
    if (error instanceof URIError) return ''; // a "%" that escapes nothing
    throw error;
  }
}

/** @param {string} name */
function split(name) {
  const at = name.lastIndexOf('@');
  return at < 0 ? [name, ''] : [name.slice(0, at), name.slice(at + 1)];
}
