// @ts-check
// Pages that were written for VideoIO.swf go on without Flash: this script stands where the object or embed
// stood, or beside it, and gives it the methods that the page calls.
//
//   <script src="https://bridge.example.com/videoio.js" id="phone1" width="215" height="138"></script>
//
// The id is the name by which the page finds it: document.phone1, window.phone1, getElementById. SIP goes over the
// WebSocket of the service that the script came from, whatever host an rtmp URL names.
import { embedded, replaced } from './embed.js';
import { Gateway } from './gateway.js';
import { Player } from './player.js';

const script = /** @type {HTMLScriptElement | null} */ (document.currentScript);
const service = new URL('/ws', script?.src || document.baseURI);
service.protocol = service.protocol === 'https:' ? 'wss:' : 'ws:';

/** @param {import('./embed.js').Place} place */
function start({ name, element, elements }) {
  const player = new Player(name, element, (options) => new Gateway({ ...options, webSocket: service.href }));
  for (const each of elements) player.attach(each);
  player.create();
}

if (script?.id) start(replaced(script));

/** Elements that stand in the page already, or come with the rest of it. */
const upgrade = () => embedded(document).forEach(start);
if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', upgrade);
else upgrade();
