// The script that stands in for VideoIO.swf, behind the page API; see videoio.html.
import './record.js';
import { Phone } from './phone.js';

const player = () => window.getFlashMovie('phone1');

class VideoIOPhone extends Phone {
  #settled = () => {};
  #spoke = false;

  register({ uri, user, password }) {
    const address = uri.replace('sip:', '');
    const src = `rtmp://localhost/sip/${address}?rate=8&bidirection=true&arg=${user}&arg=${encodeURIComponent(password)}&arg=Web User&arg=narrowband`;
    return new Promise((resolve, reject) => {
      this.#settled = (connected) => {
        if (connected) this.move('registered');
        connected ? resolve() : reject(new Error('src became null'));
      };
      player().setProperty('src', src);
    });
  }

  changed({ objectID, property, newValue }) {
    if (objectID !== 'phone1') return;
    if (property !== 'level') this.note(`changed ${property}`, newValue); // ten times a second
    else if (newValue > 0 && !this.#spoke) this.note('spoke');
    if (property === 'playerState') this.note(`player ${newValue}`);
    this.#spoke ||= property === 'level' && newValue > 0;
    if (property === 'nearID' && newValue !== null) this.#settled(true);
    if (property === 'src' && newValue === null) this.#settled(false);
  }

  told(method, args) {
    this.note(`told ${method}`, args);
    const states = {
      invited: 'incoming', ringing: 'ringing', accepted: 'established',
      byed: 'ended', cancelled: 'ended', rejected: 'ended',
    };
    if (states[method]) this.move(states[method]);
  }

  unregister() { player().setProperty('src', null); }
  call(target, ...codecs) { player().callProperty('call', 'invite', target, ...codecs); }
  answer(...codecs) { player().callProperty('call', 'accept', ...codecs); }
  reject(reason) { player().callProperty('call', 'reject', reason); }
  hold(holds) { player().callProperty('call', 'hold', holds); }
  say(text) { player().callProperty('call', 'sendMessage', text); }
  write(target, text) { player().callProperty('call', 'sendPagingMessage', target, text); }
  send(data) { player().callProperty('sendData', data); }
  dtmf(digit) { player().callProperty('call', 'sendDTMF', digit); }

  hangup() {
    player().callProperty('call', 'bye');
    player().setProperty('publish', null);
    player().setProperty('play', null);
    this.move('ended');
  }

  set(name, value) { player().setProperty(name, value); }
  get(name) { return player().getProperty(name); }
  getOther(name) { return window.getFlashMovie('phone2').getProperty(name); }

  /** The size of a snapshot that the browser can read. */
  async snapshot() {
    player().callProperty('takeSnapshot', 80);
    const jpeg = Uint8Array.from(atob(player().getProperty('snapshot')), (letter) => letter.charCodeAt(0));
    const { width, height } = await createImageBitmap(new Blob([jpeg], { type: 'image/jpeg' }));
    return `${width}x${height}`;
  }

  /** Whether sound of a file or recording was decoded; only Chromium tells. */
  decodes() { return player().querySelector('video').webkitAudioDecodedByteCount > 0; }

  /** How wide the own camera is, 0 if it is not seen. */
  async ownWidth() {
    const own = player().querySelectorAll('video')[1];
    if (own.hidden) return 0;
    if (own.videoWidth === 0) await new Promise((resolve) => own.addEventListener('resize', resolve, { once: true }));
    return own.videoWidth;
  }

  /** Whether what the other party says comes out of the player. */
  heard() { return !player().querySelector('video').muted; }
}

window.phone = new VideoIOPhone();
