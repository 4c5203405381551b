// Stand-ins for JsSIP and the browser.
import { EventEmitter } from 'node:events';

/** A JsSIP session that notes what is asked of it. */
export class FakeSession extends EventEmitter {
  asked = [];
  refuseHold = false;
  remote_identity = { display_name: 'Bob', uri: { user: 'bob', host: 'localhost' } };
  connection = new FakeConnection();

  terminate(options) {
    this.asked.push(['terminate', options?.status_code]);
    const cause = options?.cause ?? (options?.status_code ? 'Rejected' : 'Canceled');
    this.emit('failed', { originator: 'local', cause, message: null });
  }

  answer(options) {
    this.asked.push(['answer', options]);
  }
  mute() {
    this.asked.push(['mute']);
  }
  unmute() {
    this.asked.push(['unmute']);
  }
  hold(_, done) {
    return this.#changeHold('hold', done);
  }
  unhold(_, done) {
    return this.#changeHold('unhold', done);
  }
  renegotiate({ rtcOfferConstraints: { iceRestart } }) {
    this.asked.push([iceRestart ? 'restart' : 'renegotiate']);
  }
  /** Notes the target, and whose dialog is replaced; a test tells how it goes by told. */
  refer(target, { replaces, eventHandlers }) {
    this.asked.push(['refer', target, replaces]);
    this.told = eventHandlers;
  }
  /** Notes the method; a test tells by answers what is answered. */
  sendRequest(method, { eventHandlers }) {
    this.asked.push([method]);
    this.answers = eventHandlers;
  }
  sendDTMF(key, options) {
    this.asked.push(['key', key, options.transportType]);
  }

  #changeHold(event, done) {
    if (this.refuseHold) return false;
    this.asked.push([event]);
    this.agree = done;
    this.emit(event, { originator: 'local' });
    return true;
  }
}

class FakeConnection extends EventTarget {
  iceConnectionState = 'connected';
  iceServers = [];
  getConfiguration() {
    return { iceServers: this.iceServers };
  }
  events = true;
  sender = {
    track: { kind: 'audio', enabled: true },
    async replaceTrack(track) {
      this.track = track;
    },
  };
  /** Video alone; there is one for each track of a camera that is added. */
  transceivers = [];
  signalingState = 'stable';
  getTransceivers() {
    return this.transceivers;
  }
  addTransceiver(kind, { direction }) {
    this.transceivers.push({ direction, currentDirection: null, receiver: { track: { kind } } });
  }
  getSenders() {
    return [Object.assign(this.sender, { dtmf: { canInsertDTMF: this.events } })];
  }
}

/** A microphone that knows whether it was closed. */
export class FakeMicrophone {
  open = true;
  track = Object.assign(new EventTarget(), {
    kind: 'audio',
    enabled: true,
    stop: () => {
      this.open = false;
    },
  });
  getTracks() {
    return [this.track];
  }
  getAudioTracks() {
    return [this.track];
  }
}

/** A camera that knows whether it was closed. */
export class FakeCamera extends FakeMicrophone {
  constructor() {
    super();
    this.track.kind = 'video';
  }
  getAudioTracks() {
    return [];
  }
  getVideoTracks() {
    return [this.track];
  }
}

/** A response with its headers. */
export function response(status, { body = '', headers = {} } = {}) {
  return {
    status_code: status,
    body,
    call_id: 'call-1',
    from_tag: 'mine',
    to_tag: 'theirs',
    getHeader: (name) => headers[name],
  };
}

/** An error as the browser's media functions throw it. */
export function mediaError(name) {
  return Object.assign(new Error(name), { name });
}

/** A clock that a test moves: setTimeout goes by it until the test is over. */
export class FakeClock {
  #now = 0;
  #timers = new Map();
  #last = 0;

  constructor(t) {
    t.mock.method(globalThis, 'setTimeout', (callback, delay = 0) => {
      this.#timers.set(++this.#last, { at: this.#now + delay, callback });
      return this.#last;
    });
    t.mock.method(globalThis, 'clearTimeout', (id) => this.#timers.delete(id));
  }

  tick(milliseconds) {
    this.#now += milliseconds;
    for (const [id, { at, callback }] of [...this.#timers]) {
      if (at > this.#now) continue;
      this.#timers.delete(id);
      callback();
    }
  }
}

/** A REGISTER of a JsSIP agent, and what is answered with these relays in X-ICE-Servers. @param {EventEmitter} agent */
export function takeRegistration(agent, servers, status = 200) {
  const eventHandlers = { onReceiveResponse() {} };
  agent.emit('newTransaction', { transaction: { request: { method: 'REGISTER' }, eventHandlers } });
  const getHeader = (name) => (name === 'X-ICE-Servers' ? servers : undefined);
  eventHandlers.onReceiveResponse({ status_code: status, getHeader });
}
