// @ts-check
// Where somebody is: found by the browser or said in words, and written as PIDF-LO (RFC 4119, RFC 5491, RFC 5139).

/** How long the browser may search, and how old a place may be that it knows, in milliseconds. */
const search = { timeout: 8000, maximumAge: 60_000 };

/** The longest text that is shown of what others say. */
const longest = 120;

/**
 * Says where the user is: in his own words, or where the browser finds him, if he lets it. Rejects with an Error in plain
 * words.
 * @param {string} entity the user's address
 * @param {string} words
 * @param {Geolocation | undefined} geolocation
 */
export async function locationDocument(entity, words, geolocation = globalThis.navigator?.geolocation) {
  if (words) return pidf(entity, `<ca:civicAddress><ca:LOC>${escaped(words)}</ca:LOC></ca:civicAddress>`);
  const { latitude, longitude, accuracy } = await find(geolocation);
  const radius = Math.max(1, Math.round(accuracy));
  return pidf(
    entity,
    '<gs:Circle srsName="urn:ogc:def:crs:EPSG::4326">' +
      `<gml:pos>${latitude.toFixed(6)} ${longitude.toFixed(6)}</gml:pos>` +
      `<gs:radius uom="urn:ogc:def:uom:EPSG::9001">${radius}</gs:radius></gs:Circle>`,
  );
}

/** Where a document says that somebody is, for the user; '' if it says nothing that we read. @param {string} document */
export function wordsForLocation(document) {
  const civic = document.match(/<(?:\w+:)?civicAddress\b[^>]*>([^]*?)<\/(?:\w+:)?civicAddress>/)?.[1];
  if (civic) {
    const values = [...civic.matchAll(/<(?:\w+:)?\w+(?: [^>]*)?>([^<]+)</g)].map(([, value]) => plain(value).trim());
    return values.filter(Boolean).join(', ').slice(0, longest);
  }
  const [, latitude, longitude] = document.match(/<(?:\w+:)?pos\b[^>]*>\s*(-?[\d.]+)\s+(-?[\d.]+)/) ?? [];
  if (!latitude || !longitude) return '';
  const radius = document.match(/<(?:\w+:)?radius\b[^>]*>\s*([\d.]+)/)?.[1];
  const place = `${Number(latitude).toFixed(5)}, ${Number(longitude).toFixed(5)}`;
  return radius ? `${place} (within ${Math.round(Number(radius))} m)` : place;
}

/** @param {Geolocation | undefined} geolocation @returns {Promise<GeolocationCoordinates>} */
function find(geolocation) {
  return new Promise((resolve, reject) => {
    if (!geolocation) throw new Error('This browser cannot tell where you are.');
    // Its own timeout does not count while the user is asked.
    const late = () => reject(new Error('The browser did not find out where you are.'));
    const timer = setTimeout(late, 2 * search.timeout);
    geolocation.getCurrentPosition(
      ({ coords }) => {
        clearTimeout(timer);
        resolve(coords);
      },
      ({ code }) => {
        clearTimeout(timer);
        const refused = code === 1; // W3C Geolocation, section 8
        reject(
          new Error(refused ? 'This page may not know where you are.' : 'The browser did not find out where you are.'),
        );
      },
      search,
    );
  });
}

/** @param {string} entity @param {string} place */
function pidf(entity, place) {
  return (
    '<?xml version="1.0" encoding="UTF-8"?>' +
    '<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model"' +
    ' xmlns:gp="urn:ietf:params:xml:ns:pidf:geopriv10" xmlns:ca="urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr"' +
    ' xmlns:gml="http://www.opengis.net/gml" xmlns:gs="http://www.opengis.net/pidflo/1.0"' +
    ` entity="${escaped(entity)}"><dm:device id="page"><gp:geopriv><gp:location-info>${place}</gp:location-info>` +
    '<gp:usage-rules><gp:retransmission-allowed>no</gp:retransmission-allowed></gp:usage-rules></gp:geopriv>' +
    `<dm:timestamp>${new Date().toISOString()}</dm:timestamp></dm:device></presence>`
  );
}

/** @param {string} text */
function escaped(text) {
  return text.replace(/[&<>"]/g, (each) => `&#${each.charCodeAt(0)};`);
}

/** @param {string} text */
function plain(text) {
  const named = /** @type {Record<string, string>} */ ({ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" });
  return text.replace(/&(?:#(\d{1,6})|([a-z]{2,4}));/g, (all, code, name) =>
    code ? String.fromCodePoint(Math.min(Number(code), 0x10ffff)) : (named[name] ?? all),
  );
}
