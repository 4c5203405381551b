// @ts-check
// Bodies of several parts (RFC 5621), which JsSIP neither reads nor writes: a description of media with a location beside
// it (RFC 6442).

const crlf = '\r\n';
const ends = crlf + crlf;
/** The header in which a page finds the location of who calls. No other party can write it: it does not cross. */
const locationHeader = 'Location-Document';

/**
 * Puts a location beside the description of media in an INVITE that goes out.
 * @param {{ body: string, setHeader: (name: string, value: string) => void }} request
 * @param {string} document
 */
export function carry(request, document) {
  const boundary = `part-${globalThis.crypto.randomUUID()}`;
  const id = `${globalThis.crypto.randomUUID()}@location.invalid`;
  const part = (/** @type {string[]} */ headers, /** @type {string} */ body) =>
    `--${boundary}${crlf}${headers.join(crlf)}${ends}${body}${crlf}`;
  const place = [
    'Content-Type: application/pidf+xml',
    `Content-ID: <${id}>`,
    'Content-Disposition: by-reference;handling=optional',
  ];
  request.body =
    part(['Content-Type: application/sdp', 'Content-Disposition: session'], request.body) +
    part(place, document) +
    `--${boundary}--${crlf}`;
  request.setHeader('Content-Type', `multipart/mixed;boundary=${boundary}`);
  request.setHeader('Geolocation', `<cid:${id}>`);
}

/** Has the INVITE of a session carry a location. @param {import('./call.js').Session} session @param {string | null} document */
export function carrying(session, document) {
  if (document) session.on('sending', (/** @type {any} */ { request }) => carry(request, document));
  return session;
}

/**
 * Leaves of an INVITE that comes in with several parts the description of media as its body; the location is in a header
 * then. Every other message stays as it is.
 * @param {string} message
 */
export function unwrapped(message) {
  const end = message.indexOf(ends);
  if (end < 0 || !message.startsWith('INVITE ')) return message;
  const head = message.slice(0, end);
  const boundary = head.match(/^content-type[ \t]*:[ \t]*multipart\/mixed[ \t]*;[ \t]*boundary="?([^";\r\n]+)/im)?.[1];
  if (!boundary) return message;
  const parts = (crlf + message.slice(end + ends.length)).split(`${crlf}--${boundary}`).slice(1, -1);
  const sdp = bodyOf(parts, 'application/sdp');
  if (sdp === null) return message;
  const place = bodyOf(parts, 'application/pidf+xml');
  const lines = head
    .split(crlf)
    .filter((line) => !/^(content-type|content-length|location-document)[ \t]*:/i.test(line));
  lines.push('Content-Type: application/sdp', `Content-Length: ${new TextEncoder().encode(sdp).length}`);
  if (place !== null) lines.push(`${locationHeader}: ${encodeURIComponent(place)}`);
  return lines.join(crlf) + ends + sdp;
}

/** The location that came with an INVITE, or ''. @param {{ getHeader?: (name: string) => string | undefined }} request */
export function locationOf(request) {
  try {
    return decodeURIComponent(request.getHeader?.(locationHeader) ?? '');
  } catch {
    return ''; // not what we wrote
  }
}

/** @param {string[]} parts @param {string} type */
function bodyOf(parts, type) {
  for (const part of parts) {
    const end = part.indexOf(ends);
    const headers = part.slice(0, end).toLowerCase().replaceAll(' ', '');
    if (end >= 0 && headers.includes(`content-type:${type}`)) return part.slice(end + ends.length);
  }
  return null;
}
