// SIP.js from npm, unmodified, behind the page API.
import './record.js';
import {
  Inviter, Messager, Publisher, Registerer, RegistererState, SessionState, Subscriber, UserAgent,
} from 'sip.js';
import { Phone } from './phone.js';

class SIPjsPhone extends Phone {
  #agent;
  #registerer;
  #session;
  #subscriber;
  #publisher;
  #uri;
  #first; // the call beside which another one is consulted

  async register({ ws, uri, user, password, expires }) {
    this.#uri = uri;
    this.#agent = new UserAgent({
      uri: UserAgent.makeURI(uri),
      transportOptions: { server: ws },
      authorizationUsername: user,
      authorizationPassword: password,
      logLevel: 'warn',
      sessionDescriptionHandlerFactoryOptions: { peerConnectionConfiguration: { iceServers: [] } },
      delegate: {
        onInvite: (invitation) => {
          this.#follow(invitation);
          this.move('incoming');
        },
        onMessage: (message) => {
          void message.accept();
          this.note('message', message.request.body);
        },
      },
    });
    await this.#agent.start();
    this.#registerer = new Registerer(this.#agent, { expires: expires ?? 600 });
    await new Promise((resolve, reject) => {
      this.#registerer.stateChange.addListener((state) => {
        if (state === RegistererState.Registered) {
          this.move('registered');
          resolve();
        }
      });
      void this.#registerer.register({
        requestDelegate: { onReject: ({ message }) => reject(new Error(`registration failed: ${message.statusCode}`)) },
      });
    });
  }

  unregister() {
    return new Promise((resolve, reject) => {
      void this.#registerer.unregister({
        requestDelegate: { onAccept: () => resolve(), onReject: ({ message }) => reject(new Error(`unregister: ${message.statusCode}`)) },
      });
    });
  }

  stop() { return this.#agent.stop(); }

  say(target, text) {
    const messager = new Messager(this.#agent, UserAgent.makeURI(target), text, 'text/plain;charset=utf-8');
    return new Promise((resolve, reject) => {
      void messager.message({
        requestDelegate: { onAccept: () => resolve(), onReject: ({ message }) => reject(new Error(`MESSAGE: ${message.statusCode}`)) },
      });
    });
  }

  watch(target, event, accept) {
    this.#subscriber = new Subscriber(this.#agent, UserAgent.makeURI(target), event, {
      expires: 600, extraHeaders: [`Accept: ${accept}`],
    });
    this.#subscriber.delegate = {
      onNotify: (notification) => {
        void notification.accept();
        this.note('notify', notification.request.body);
      },
    };
    this.#subscriber.stateChange.addListener((state) => {
      if (state === 'Terminated') this.note('unwatched');
    });
    return this.#subscriber.subscribe();
  }

  unwatch() { return this.#subscriber.unsubscribe(); }

  publish(body) {
    this.#publisher = new Publisher(this.#agent, UserAgent.makeURI(this.#uri), 'presence', {
      contentType: 'application/pidf+xml', expires: 600,
    });
    return this.#publisher.publish(body);
  }

  unpublish() { return this.#publisher.unpublish(); }

  async call(target) {
    this.reason = null;
    this.move('calling');
    const inviter = new Inviter(this.#agent, UserAgent.makeURI(target), {
      earlyMedia: true,
      sessionDescriptionHandlerOptions: { constraints: { audio: true, video: false } },
    });
    this.#follow(inviter);
    await inviter.invite({
      requestDelegate: {
        onProgress: ({ message }) => {
          this.note('progress', message.statusCode);
          this.move(message.body ? 'early' : 'ringing');
        },
        onReject: ({ message }) => { this.reason = { by: 'remote', cause: message.reasonPhrase, code: message.statusCode }; },
      },
    });
  }

  answer() { return this.#session.accept({ sessionDescriptionHandlerOptions: { constraints: { audio: true, video: false } } }); }
  reject(code) { return this.#session.reject({ statusCode: code }); }

  hangup() {
    if (this.#session.state === SessionState.Established) return this.#session.bye();
    return this.#session.cancel?.() ?? this.#session.reject();
  }

  hold() { return this.#reinvite(true); }
  resume() { return this.#reinvite(false); }

  dtmf(digits, mode, milliseconds) {
    if (mode === 'rtp') {
      this.#session.sessionDescriptionHandler.sendDtmf(digits, { duration: milliseconds, interToneGap: 100 });
      return undefined;
    }
    return this.#info([...digits], milliseconds);
  }

  async #info(digits, milliseconds) {
    for (const digit of digits) {
      await new Promise((resolve, reject) => {
        void this.#session.info({
          requestOptions: {
            body: {
              contentDisposition: 'render',
              contentType: 'application/dtmf-relay',
              content: `Signal=${digit}\r\nDuration=${milliseconds}`,
            },
          },
          requestDelegate: { onAccept: () => resolve(), onReject: ({ message }) => reject(new Error(`INFO: ${message.statusCode}`)) },
        });
      });
    }
  }

  #reinvite(hold) {
    return new Promise((resolve, reject) => {
      this.#session.sessionDescriptionHandlerOptionsReInvite = { hold };
      // As the library's own SessionManager does: a hold is sendonly, so the microphone must be silenced too.
      for (const { track } of this.#session.sessionDescriptionHandler.peerConnection.getSenders()) {
        if (track) track.enabled = !hold;
      }
      void this.#session.invite({
        requestDelegate: { onAccept: () => resolve(), onReject: ({ message }) => reject(new Error(`re-INVITE: ${message.statusCode}`)) },
      });
    });
  }

  transfer(target) {
    const session = this.#session;
    return this.#refer(session, UserAgent.makeURI(target));
  }

  consult(target) {
    this.#first = this.#session;
    return this.call(target);
  }

  join() { return this.#refer(this.#first, this.#session); }

  #refer(session, target) {
    return session.refer(target, {
      requestDelegate: {
        onAccept: ({ message }) => this.note('refer requestSucceeded', message.statusCode),
        onReject: ({ message }) => this.note('refer requestFailed', message.statusCode),
      },
      onNotify: (notification) => {
        void notification.accept();
        const status = Number(/^SIP\/2.0 (\d+)/.exec(notification.request.body)?.[1] ?? 0);
        const what = status < 180 ? 'trying' : status < 200 ? 'progress' : status < 300 ? 'accepted' : 'failed';
        this.note(`refer ${what}`, status);
        if (what === 'accepted') void session.bye();
      },
    });
  }

  #follow(session) {
    this.#session = session;
    session.delegate = {
      onBye: (bye) => {
        void bye.accept(); // the library leaves it to us
        this.reason = { by: 'remote', cause: bye.incomingByeRequest?.message.getHeader('Reason') ?? 'BYE', code: 0 };
      },
      onCancel: () => { this.reason = { by: 'remote', cause: 'CANCEL', code: 0 }; },
      onInvite: () => this.note('re-INVITE'),
      onInfo: (info) => {
        void info.accept();
        const digit = /Signal=\s*([0-9*#A-D])/i.exec(info.request.body)?.[1];
        if (digit) this.note('dtmf', digit);
      },
    };
    session.stateChange.addListener((state) => {
      if (state === SessionState.Established) this.move('established');
      if (state === SessionState.Terminated) this.move('ended', this.reason ?? { by: 'local', cause: '', code: 0 });
    });
  }
}

window.phone = new SIPjsPhone();
