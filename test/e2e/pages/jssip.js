// JsSIP from npm, unmodified, behind the page API.
import './record.js';
import JsSIP from 'jssip';
import { Phone } from './phone.js';

const media = { mediaConstraints: { audio: true, video: false }, pcConfig: { iceServers: [] } };

class JsSIPPhone extends Phone {
  #agent;
  #session;
  #subscriber;
  #first; // the call beside which another one is consulted

  register({ ws, uri, password, expires }) {
    this.#agent = new JsSIP.UA({
      sockets: [new JsSIP.WebSocketInterface(ws)],
      uri,
      password,
      register_expires: expires ?? 600,
    });
    this.#agent.on('newRTCSession', ({ originator, session }) => this.#follow(originator, session));
    this.#agent.on('newMessage', ({ originator, request }) => {
      if (originator === 'remote') this.note('message', request.body);
    });
    this.#agent.on('registered', () => this.note('registered'));
    this.#agent.on('disconnected', () => this.note('disconnected'));
    return new Promise((resolve, reject) => {
      this.#agent.once('registered', () => {
        this.move('registered');
        resolve();
      });
      this.#agent.once('registrationFailed', ({ response, cause }) =>
        reject(new Error(`registration failed: ${response?.status_code ?? ''} ${cause}`)));
      this.#agent.start();
    });
  }

  unregister() {
    return new Promise((resolve) => {
      this.#agent.once('unregistered', () => resolve());
      this.#agent.unregister();
    });
  }

  stop() { this.#agent.stop(); }

  say(target, text) {
    return new Promise((resolve, reject) => {
      this.#agent.sendMessage(target, text, {
        contentType: 'text/plain;charset=utf-8',
        eventHandlers: { succeeded: () => resolve(), failed: ({ response }) => reject(new Error(`MESSAGE: ${response?.status_code}`)) },
      });
    });
  }

  watch(target, event, accept) {
    this.#subscriber = this.#agent.subscribe(target, event, accept, { expires: 600, contentType: 'text/plain' });
    this.#subscriber.on('notify', (_, request, body) => this.note('notify', body));
    this.#subscriber.on('terminated', (code, reason) => this.note('unwatched', reason ?? code));
    return new Promise((resolve) => {
      this.#subscriber.once('active', () => resolve()); // with the first NOTIFY
      this.#subscriber.subscribe();
    });
  }

  unwatch() { this.#subscriber.terminate(); }

  call(target) {
    this.reason = null;
    this.move('calling');
    this.#agent.call(target, { ...media });
  }

  /** What a page would keep in sessionStorage, to claim its call after a reload. */
  dialog() {
    const { call_id: call, local_tag: local, remote_tag: remote } = this.#session._dialog.id;
    return { call, local, remote };
  }

  /** Claims the call of a page that is gone (RFC 3891). */
  claim(target, { call, local, remote }) {
    this.move('calling');
    this.#agent.call(target, { ...media, extraHeaders: [`Replaces: ${call};to-tag=${remote};from-tag=${local}`] });
  }

  camera() { media.mediaConstraints = { audio: true, video: { width: 320, height: 240, frameRate: 15 } }; }
  cameraAlone() { media.mediaConstraints = { audio: false, video: { width: 320, height: 240, frameRate: 15 } }; }
  /** Adds the camera to the call that is up. */
  async addCamera() {
    const stream = await navigator.mediaDevices.getUserMedia({ video: { width: 320, height: 240, frameRate: 15 } });
    this.#session.connection.addTrack(stream.getVideoTracks()[0], stream);
    await this.#renegotiate();
  }

  /** Lets the camera send nothing any more, or takes the pictures out of the call for good. */
  async dropCamera(forGood) {
    const camera = this.#session.connection.getTransceivers().find((t) => t.receiver.track.kind === 'video');
    if (forGood) camera.stop();
    else camera.direction = 'recvonly';
    await this.#renegotiate();
  }

  /** Lets it send again. */
  async takeCameraBack() {
    this.#session.connection.getTransceivers().find((t) => t.receiver.track.kind === 'video').direction = 'sendrecv';
    await this.#renegotiate();
  }

  #renegotiate() {
    return new Promise((resolve, reject) => {
      const failed = () => reject(new Error('the offer was refused'));
      if (!this.#session.renegotiate({ eventHandlers: { succeeded: resolve, failed } }, resolve)) failed();
    });
  }

  answer() { this.#session.answer({ ...media }); }
  reject(code) { this.#session.terminate({ status_code: code }); }
  hangup() { this.#session.terminate(); }

  hold() {
    return new Promise((resolve, reject) => {
      if (!this.#session.hold({}, resolve)) reject(new Error('JsSIP will not hold now'));
    });
  }

  resume() {
    return new Promise((resolve, reject) => {
      if (!this.#session.unhold({}, resolve)) reject(new Error('JsSIP will not resume now'));
    });
  }

  dtmf(digits, mode, milliseconds) {
    const transportType = mode === 'rtp' ? 'RFC2833' : 'INFO';
    this.#session.sendDTMF(digits, { transportType, duration: milliseconds, interToneGap: 100 });
  }

  /** Sends the other party to target; its reports are noted. */
  transfer(target) { this.#session.refer(target, { eventHandlers: this.#reports(() => this.#session.terminate()) }); }

  /** Places a second call beside the one that is up. */
  consult(target) {
    this.#first = this.#session;
    this.call(target);
  }

  /** Refuses every new offer of the other party. */
  refuseOffers() {
    this.#session.on('reinvite', ({ reject }) => reject({ status_code: 488 }));
  }

  /** Makes one call of the two, without this page. */
  join() {
    const [first, second] = [this.#first, this.#session];
    const done = () => first.terminate();
    first.refer(second.remote_identity.uri, { replaces: second, eventHandlers: this.#reports(done) });
  }

  #reports(done) {
    const note = (what) => ({ request, response }) => {
      const status = Number(/^SIP\/2.0 (\d+)/.exec(request?.body ?? '')?.[1] ?? response?.status_code ?? 0);
      this.note(`refer ${what}`, status);
      if (what === 'accepted') done();
    };
    const names = ['requestSucceeded', 'requestFailed', 'trying', 'progress', 'accepted', 'failed'];
    return Object.fromEntries(names.map((name) => [name, note(name)]));
  }

  #follow(originator, session) {
    this.#session = session;
    if (originator === 'remote') this.move('incoming');
    session.on('progress', ({ originator: from, response }) => {
      if (from !== 'remote') return;
      this.note('progress', response.status_code);
      this.move(response.body ? 'early' : 'ringing');
    });
    session.on('confirmed', () => this.move('established'));
    session.on('failed', ({ cause, message, originator: from }) =>
      this.move('ended', { by: from, cause, code: message?.status_code ?? 0 }));
    session.on('ended', ({ cause, originator: from }) => this.move('ended', { by: from, cause, code: 0 }));
    session.on('hold', ({ originator: from }) => this.note(`hold ${from}`));
    session.on('unhold', ({ originator: from }) => this.note(`resume ${from}`));
    session.on('newDTMF', ({ originator: from, dtmf }) => {
      if (from === 'remote') this.note('dtmf', dtmf.tone);
    });
  }
}

window.phone = new JsSIPPhone();
