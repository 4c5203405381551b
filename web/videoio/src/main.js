// @ts-check
// Pages that were written for VideoIO.swf go on without Flash: this script stands where the object or embed
// stood, or beside it, and gives it the methods that the page calls.
//
//   <script src="https://bridge.example.com/videoio.js" id="phone1" width="215" height="138"></script>
//
// The id is the name by which the page finds it: document.phone1, window.phone1, getElementById. SIP goes over the
// WebSocket of the service that the script came from, whatever host an rtmp URL names.
import { embedded, replaced } from './embed.js';
import { File } from './file.js';
import { Gateway } from './gateway.js';
import { Player } from './player.js';
import { accountOf, schemeOf, streamSchemes } from './source.js';
import { Studio } from './studio.js';

const script = /** @type {HTMLScriptElement | null} */ (document.currentScript);
const service = new URL('/ws', script?.src || document.baseURI);
service.protocol = service.protocol === 'https:' ? 'wss:' : 'ws:';

/**
 * Makes the connection that a URL leads to: a file, an account, or recordings.
 * @param {string} url
 * @param {string[]} args of connect
 * @param {import('./connection.js').Hooks} hooks
 */
function connect(url, args, hooks) {
  if (/^https?:/i.test(url)) return new File([{ url, seconds: NaN }], hooks);
  const account = accountOf(url, args);
  if (account) return new Gateway(service.href, account, hooks);
  return streamSchemes.includes(schemeOf(url) ?? '') ? new Studio(url, hooks) : null;
}

/** @param {import('./embed.js').Place} place */
function start({ name, element, elements, flashVars }) {
  const player = new Player(name, element, connect);
  for (const each of elements) player.attach(each);
  player.create(flashVars);
}

if (script?.id) start(replaced(script));

/** Elements that stand in the page already, or come with the rest of it. */
const upgrade = () => embedded(document).forEach(start);
if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', upgrade);
else upgrade();
