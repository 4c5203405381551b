// sipML5's original SIPml-api.js, unmodified, behind the page API; or the one that ?api=<URL> names, which must do the
// same. The package has no page; this one is ours.
import { connections } from './record.js';
import { Phone } from './phone.js';
import { startedSurface, surface } from './surface.js';

// In Firefox SIPml-api.js looks for the names that Firefox dropped long ago.
window.mozRTCPeerConnection ??= window.RTCPeerConnection;
window.mozRTCSessionDescription ??= window.RTCSessionDescription;
window.mozRTCIceCandidate ??= window.RTCIceCandidate;

// Loaded from here, so that the recorder is in place before it looks for RTCPeerConnection and WebSocket.
// A script added while the page is parsed delays its load event.
const api = new URLSearchParams(location.search).get('api') ?? 'SIPml-api.js';
document.body.append(Object.assign(document.createElement('script'), { src: api }));

const getUserMedia = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
let asked = 0;
let refuses = false;
navigator.mediaDevices.getUserMedia = (constraints) => {
  asked++;
  return refuses ? Promise.reject(new DOMException('refused', 'NotAllowedError')) : getUserMedia(constraints);
};
// The original keeps the old function when it begins.
navigator.webkitGetUserMedia &&= (constraints, succeeded, failed) =>
  navigator.mediaDevices.getUserMedia(constraints).then(succeeded, failed);

/** What a page reads of the SIP message behind an event. */
function behind(event) {
  const message = event.o_event?.get_message();
  if (!message) return '';
  const { o_hdr_From: from, o_hdr_To: to, o_hdr_CSeq: sequence, o_hdr_Call_ID: id, line } = message;
  const facts = [
    message.is_request(), message.is_response(), message.is_invite(), message.is_message(), message.is_response_to_invite(),
    message.get_response_code(), message.get_response_phrase(), message.get_content_type(), Boolean(message.has_content()),
    // What a transfer reports is a status line alone.
    from?.o_uri.s_user_name, from?.o_uri.s_host, from?.s_display_name, to?.o_uri.s_user_name, sequence?.s_method,
    Boolean(id?.s_value), line.response?.i_status_code, line.request?.s_method, message.toString().split('\r\n').length > 5,
  ];
  return ` ${facts.map((fact) => fact ?? '-').join(' ')}`;
}

/** What an event carries, but for descriptions of media, which are of each call its own. */
function content(event) {
  const type = event.getContentType();
  return type && type !== 'application/sdp' ? ` ${type} ${event.getContent()?.length} ${event.getContentString()}` : '';
}

/** How a session calls the other party. */
const party = (session) => ` ${session.getRemoteUri()} ${session.getRemoteFriendlyName()}`;

class SIPml5Phone extends Phone {
  #stack;
  #registration;
  #session;
  #subscription;
  #publication;
  #reply;
  #told = [];
  #held;
  #takes = true;
  #more = { stack: {}, call: {}, registration: {} };

  /** Adds to the configuration of stacks, calls and registrations that come. */
  configure(stack, call, registration) { this.#more = { stack, call, registration }; }

  /** Every event with its target, code and description, in the order of their coming. */
  told() { return this.#told; }

  surface() { return surface(window.SIPml); }
  startedSurface() { return startedSurface(window.SIPml, this.#stack); }

  #tell(target, event) {
    const code = event.getSipResponseCode();
    const facts = behind(event) + content(event) + (event.newSession ? party(event.newSession) : '');
    this.#told.push(`${target}:${event.type}${code > 0 ? `/${code}` : ''} "${event.description}"${facts}`);
  }

  async register({ ws, uri, user, domain, password, expires, breaker }) {
    await this.#start({ ws, uri, user, domain, password, breaker });
    this.#registration = this.#stack.newSession('register', {
      expires: expires ?? 200,
      events_listener: { events: '*', listener: (event) => this.#onRegistration(event) },
      ...this.#more.registration,
    });
    await this.#asked(() => this.#registration.register());
    this.move('registered');
  }

  #onRegistration(event) {
    this.#tell('registration', event);
    this.note(`registration ${event.type}`);
    this.#settle(event);
  }

  unregister() { return this.#asked(() => this.#registration.unregister(), 'terminated'); }
  stop(timeout) { this.#stack.stop(timeout); }

  say(target, text, type = 'text/plain;charset=utf-8') {
    const session = this.#stack.newSession('message', this.#following('said'));
    session.send(target, text, type || undefined);
    return this.waitEvent('said terminated', 1, 10_000);
  }

  watch(target, event, accept) {
    this.#subscription = this.#stack.newSession('subscribe', {
      expires: 200,
      sip_headers: [{ name: 'Event', value: event }, { name: 'Accept', value: accept }],
      ...this.#following('watched'),
    });
    this.#subscription.subscribe(target);
  }

  unwatch() { this.#subscription.unsubscribe(); }

  publish(body) {
    this.#publication = this.#stack.newSession('publish', {
      expires: 200, sip_headers: [{ name: 'Event', value: 'presence' }], ...this.#following('published'),
    });
    this.#publication.publish(body, 'application/pidf+xml', {});
    return this.waitEvent('published connected', 1, 10_000);
  }

  unpublish() { this.#publication.unpublish(); }

  // #following notes the events of a session that is no call.
  #following(what) {
    const listener = (event) => {
      this.#tell(what, event);
      this.note(`${what} ${event.type}`, event.description);
      if (event.type === 'i_notify') this.note('notify', event.getContentString());
    };
    return { events_listener: { events: '*', listener } };
  }

  call(target, type = 'call-audio') {
    this.reason = null;
    this.move('calling');
    this.#session = this.#stack.newSession(type, this.#callConfig());
    this.#session.call(target);
  }

  // What sipML5 itself does not have.
  consult(target) {
    this.#held = this.#session;
    this.call(target);
  }

  join() { return this.#held.attendedTransfer(this.#session); }
  acceptTransfer() { return this.#session.acceptTransfer(); }
  rejectTransfer() { return this.#session.rejectTransfer(); }
  mute(isMuted) { return this.#session.mute('audio', isMuted); }
  useDevices(devices) { return this.#session.useDevices(devices); }
  async devices() { return (await window.SIPml.getDevices()).map((device) => device.toJSON()); }

  /** Lets the user refuse his devices from now on. */
  refuseDevices() { refuses = true; }

  /** Refuses the texts that come from now on. */
  refuseTexts() { this.#takes = false; }

  /** Signs another user in on the same page, by a stack of his own; he answers, and leaves when he is hung up on. */
  another({ ws, uri, user, domain, password }) {
    const stack = new window.SIPml.Stack({
      realm: domain, impi: user, impu: uri, password, websocket_proxy_url: ws, ice_servers: '[]',
      events_listener: { events: '*', listener: (event) => {
        if (event.type === 'started') stack.newSession('register', following).register();
        if (event.type === 'i_new_call') event.newSession.accept(following);
        if (event.type === 'stopped') this.note('other stopped');
      } },
    });
    const following = { events_listener: { events: '*', listener: ({ type, session }) => {
      const isCall = session instanceof window.SIPml.Session.Call;
      this.note(`other ${isCall ? 'call' : 'registration'} ${type}`);
      if (isCall && type === 'terminated') stack.stop();
    } } };
    stack.start();
    return this.waitEvent('other registration connected', 1, 10_000);
  }

  /** How often the user was asked for devices. */
  asked() { return asked; }
  iceServers() { return connections.at(-1).getConfiguration().iceServers; }

  /** Gives the calls that come elements for pictures, too. */
  showVideo() {
    const make = (name) => document.body.appendChild(Object.assign(document.createElement(name), { muted: true }));
    const elements = { video_local: make('video'), video_remote: make('video'), audio_local: make('audio') };
    this.#more.call = { ...this.#more.call, ...elements };
  }

  /** The size of the far end's picture; 0 × 0 if none is seen. */
  picture() {
    const { videoWidth, videoHeight } = this.#more.call.video_remote;
    return [videoWidth, videoHeight];
  }

  /** The kinds of tracks that each element of a call plays, by the name of its key. */
  plays() {
    const { video_local, video_remote, audio_local } = this.#more.call;
    const elements = { video_local, video_remote, audio_local, audio_remote: this.remote };
    const kinds = (element) => element.srcObject?.getTracks().map(({ kind }) => kind).sort().join(' ') ?? '';
    return Object.fromEntries(Object.entries(elements).map(([name, element]) => [name, kinds(element)]));
  }

  async callStats() {
    const reports = [...(await this.#session.getStats()).values()];
    return reports.filter(({ type }) => type === 'inbound-rtp').length;
  }

  /** Hears these events of the stack and of its sessions by their names, beside '*', from now on. */
  hearNamed(types) {
    const listener = (event) => this.note(`named ${event.type}`, event.o_event?.get_message()?.line.request?.s_method ?? '');
    this.#stack.addEventListener(types, listener, { beside: true });
    const { newSession } = this.#stack;
    this.#stack.newSession = (...args) => {
      const session = newSession.apply(this.#stack, args);
      session.addEventListener(types, listener, { beside: true });
      return session;
    };
  }

  /** Hears this event beside the page's own listener. */
  hearBeside(type) {
    this.#stack.addEventListener(type, () => this.note(`beside ${type}`), { beside: true });
  }

  answer() { this.#session.accept(this.#callConfig()); }
  reject() { this.#session.reject(); }
  hangup() { this.#session.hangup(); }
  hold() { return this.#asked(() => this.#session.hold(), 'm_local_hold_ok', 'm_local_hold_nok'); }
  resume() { return this.#asked(() => this.#session.resume(), 'm_local_resume_ok', 'm_local_resume_nok'); }

  transfer(target) { this.#session.transfer(target); }

  /** Takes a header away from what is sent from now on. */
  forgetHeader(name) { return this.#stack.setConfiguration({ sip_headers: [{ name, value: '' }] }); }

  /** What init says where there is no WebRTC. */
  initWithoutWebRTC() {
    const { RTCPeerConnection } = window;
    delete window.RTCPeerConnection;
    const said = [];
    window.SIPml.init(() => said.push('ready'), (event) => said.push(event.description));
    window.RTCPeerConnection = RTCPeerConnection;
    return said;
  }

  info(content, type) { return this.#session.info(content, type); }

  dtmf(digits) {
    for (const digit of digits) this.#session.dtmf(digit);
  }

  #start({ ws, uri, user, domain, password, breaker }) {
    const { SIPml } = window;
    return new Promise((resolve, reject) => {
      const begin = () => {
        SIPml.setDebugLevel('error');
        this.#stack = new SIPml.Stack({
          realm: domain,
          impi: user,
          impu: uri,
          password,
          display_name: user,
          websocket_proxy_url: ws,
          ice_servers: '[]',
          enable_rtcweb_breaker: breaker ?? false,
          events_listener: { events: '*', listener: (event) => this.#onStack(event, resolve, reject) },
          ...this.#more.stack,
        });
        this.#stack.start();
      };
      // The second init calls nobody back.
      if (SIPml.isInitialized()) begin();
      else SIPml.init(begin, (event) => reject(new Error(`SIPml.init: ${event.description}`)));
    });
  }

  #onStack(event, resolve, reject) {
    this.#tell('stack', event);
    this.note(`stack ${event.type}`, event.description);
    if (event.type === 'started') resolve();
    if (event.type === 'failed_to_start') reject(new Error(`sipML5 did not start: ${event.description}`));
    if (event.type === 'i_new_message') {
      if (this.#takes) event.newSession.accept();
      else event.newSession.reject();
      this.note('message', event.getContentString());
    }
    if (event.type === 'i_new_call') {
      this.#session = event.newSession;
      this.#session.setConfiguration({ events_listener: this.#callConfig().events_listener });
      this.move('incoming');
    }
  }

  #callConfig() {
    this.remote ??= document.body.appendChild(Object.assign(new Audio(), { muted: true, autoplay: true }));
    const listener = (event) => this.#onCall(event);
    return { audio_remote: this.remote, events_listener: { events: '*', listener }, ...this.#more.call };
  }

  #onCall(event) {
    const code = event.getSipResponseCode();
    this.#tell('call', event);
    this.note(`call ${event.type}`, code);
    this.#settle(event);
    if (event.type === 'i_ao_request' && code > 100 && code < 200) {
      this.note('progress', code);
      if (this.state() !== 'early') this.move('ringing');
    }
    // It comes for the 200 too.
    if (event.type === 'm_early_media' && code < 200) this.move('early');
    if (event.type === 'connected') {
      this.#told.push(`call with${party(event.session)}`);
      this.move('established');
    }
    if (event.type === 'terminated') this.move('ended', { by: '', cause: event.description, code: Math.max(code, 0) });
  }

  // #asked starts something and resolves when its good event comes, or rejects with its bad one.
  #asked(start, good = 'connected', bad = 'terminated') {
    return new Promise((resolve, reject) => {
      this.#reply = { good, bad, resolve, reject };
      start();
    });
  }

  #settle(event) {
    const waiting = this.#reply;
    if (event.type === waiting?.good) {
      this.#reply = null;
      waiting.resolve();
    } else if (event.type === waiting?.bad) {
      this.#reply = null;
      waiting.reject(new Error(`sipML5: ${event.type} ${event.getSipResponseCode?.()} ${event.description}`));
    }
  }
}

window.phone = new SIPml5Phone();
