// @ts-check
// Whether somebody can be reached, and what he does: PIDF (RFC 3863) with the activities of RFC 4480.

/** @typedef {'unknown' | 'offline' | 'available' | 'away' | 'busy' | 'talking'} State */

/** What a state is called. */
export const presenceWords = Object.freeze({
  unknown: 'not known',
  offline: 'offline',
  available: 'available',
  away: 'away',
  busy: 'busy',
  talking: 'in a call',
});

const pidf = 'urn:ietf:params:xml:ns:pidf';
const rpid = 'urn:ietf:params:xml:ns:pidf:rpid';
const dataModel = 'urn:ietf:params:xml:ns:pidf:data-model';

/**
 * The activities of RFC 4480 section 3.2 that stand for a state, the strongest first.
 * @type {readonly (readonly [string, State])[]}
 */
const activities = Object.freeze([
  ['on-the-phone', 'talking'],
  ['busy', 'busy'],
  ['meeting', 'busy'],
  ['away', 'away'],
]);

/**
 * Reads a document: the state, and what its user wrote beside it.
 * @param {string} text
 * @param {{ parseFromString: (text: string, type: DOMParserSupportedType) => Document }} parser
 * @returns {{ state: State, note: string }}
 */
export function readPresence(text, parser = new DOMParser()) {
  const document = parser.parseFromString(text, 'application/xml');
  const all = (/** @type {string} */ name) => [...document.getElementsByTagNameNS('*', name)];
  const basics = all('basic').map((node) => node.textContent?.trim());
  if (basics.length === 0) return { state: 'unknown', note: '' };
  const note = all('note')[0]?.textContent?.trim().slice(0, 200) ?? '';
  if (!basics.includes('open')) return { state: 'offline', note };
  const doing = activities.find(([name]) => all(name).length > 0);
  return { state: doing?.[1] ?? 'available', note };
}

/**
 * Writes the document of a user of this page; available needs none, since the service tells who is registered.
 * @param {string} uri of the user
 * @param {State} state
 */
export function presenceDocument(uri, state) {
  const activity = activities.find(([, each]) => each === state)?.[0];
  const entity = uri.replace(/[<&"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  const doing = activity ? `<dm:person id="person"><rp:activities><rp:${activity}/></rp:activities></dm:person>` : '';
  return (
    `<?xml version="1.0" encoding="UTF-8"?><presence xmlns="${pidf}" xmlns:dm="${dataModel}" xmlns:rp="${rpid}" ` +
    `entity="${entity}"><tuple id="page"><status><basic>${state === 'offline' ? 'closed' : 'open'}</basic></status>` +
    `</tuple>${doing}</presence>`
  );
}
