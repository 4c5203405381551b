// @ts-check
// How a stack and its requests name the way back: as sipML5 writes it, which servers know by its parameters. The host
// is made up anew for each stack, though: sipML5 has the same for all, so that two tabs of a user are taken for one.
import { md5 } from './jssip.js';

/** @param {{ name: string, value?: string }} cap */
const capText = ({ name, value }) => (value ? `${name}=${value}` : name);

/** @param {boolean} is */
const yesOrNo = (is) => (is ? 'yes' : 'no');

/**
 * @param {import('../stacksettings.js').StackSettings} stack
 * @param {string} host made up, under .invalid
 */
export function contactURI(stack, host) {
  const user = stack.impu.user;
  return `sip:${user}@${host};rtcweb-breaker=${yesOrNo(stack.isBreaker)};transport=ws`;
}

/** @param {import('../stacksettings.js').StackSettings} stack @param {string} uri */
function address(stack, uri) {
  const name = stack.displayName ? `"${stack.displayName.replace(/[\\"]/g, '\\$&')}" ` : '';
  return `${name}<${uri}>`;
}

/**
 * The Contact of a REGISTER.
 * @param {import('../stacksettings.js').StackSettings} stack
 * @param {string} host
 * @param {{ expires: number, caps: { name: string, value?: string }[] }} session expires in seconds
 */
export function contactOfRegister(stack, host, { expires, caps }) {
  const parameters = [`expires=${expires}`, `click2call=${yesOrNo(stack.isClick2Call)}`, ...caps.map(capText)];
  return [address(stack, contactURI(stack, host)), ...parameters].join(';');
}

/**
 * The Contact of other requests. An INVITE through the breaker says who calls, and a hash that proves it, so that
 * the breaker can answer the challenges of the user's server.
 * @param {import('../stacksettings.js').StackSettings} stack
 * @param {string} host
 * @param {{ caps?: { name: string, value?: string }[], isInvite?: boolean }} [session]
 */
export function contactOf(stack, host, { caps = [], isInvite = false } = {}) {
  const uri = `${contactURI(stack, host)};click2call=${yesOrNo(stack.isClick2Call)}`;
  const proof = isInvite && stack.isBreaker && stack.password ? [`impi=${stack.impi}`, `ha1=${hash(stack)}`] : [];
  return [address(stack, uri), ...proof, ...caps.map(capText)].join(';');
}

/** @param {import('../stacksettings.js').StackSettings} stack */
function hash({ impi, realm, password }) {
  return md5(`${impi}:${realm}:${password}`);
}

/**
 * What a request without Contact says in its place (RFC 3841).
 * @param {{ name: string, value?: string }[]} caps
 */
export const acceptContacts = (caps) => caps.map((cap) => `Accept-Contact: *;${capText(cap)}`);
