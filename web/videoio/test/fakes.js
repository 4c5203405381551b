// Stand-ins for the browser and for JsSIP.
import { EventEmitter } from 'node:events';

/** An element that keeps what is put into it. */
class Element extends EventTarget {
  style = {};
  children = [];
  attributes = {};
  append(child) {
    this.children.push(child);
  }
  setAttribute(name, value) {
    this.attributes[name] = value;
  }
  removeAttribute(name) {
    delete this[name];
  }
}

/** A video element: a test says what became of it by its events. */
class Video extends Element {
  videoWidth = 0;
  done = [];
  play() {
    this.done.push('play');
    return Promise.resolve();
  }
  pause() {
    this.done.push('pause');
  }
  load() {
    this.done.push('load');
  }
  tell(type) {
    this.dispatchEvent(new Event(type));
  }
}

/** Gives this process the parts of a page that the player uses. */
export function newPage() {
  globalThis.document = {
    createElement: (name) => (name === 'video' ? new Video() : new Element()),
    readyState: 'complete',
  };
  globalThis.reportError = (error) => {
    throw error;
  };
  return new Element();
}

/** Gives this process devices; what may be opened is in the kinds: audio, video. */
export function newDevices(kinds, permission = 'granted') {
  const opened = [];
  const devices = {
    getUserMedia: async (constraints) => {
      opened.push(constraints);
      const wanted = ['audio', 'video'].filter((kind) => constraints[kind]);
      if (!wanted.every((kind) => kinds.includes(kind))) throw new DOMException('there is none', 'NotFoundError');
      return newStream(wanted);
    },
  };
  const permissions = { query: async () => ({ state: permission }) };
  Object.defineProperty(globalThis, 'navigator', {
    value: { mediaDevices: devices, permissions },
    configurable: true,
  });
  return opened;
}

/** A session of JsSIP, whose events the test emits. */
export class FakeSession extends EventEmitter {
  remote_identity = { display_name: 'Bob "B"', uri: 'sip:bob@test' };
  local_identity = { display_name: null, uri: 'sip:alice@test' };
  id = 'call-1tag';
  done = [];
  ended = false;
  isEnded() {
    return this.ended;
  }
  terminate(options) {
    this.done.push(['terminate', options]);
    this.ended = true;
    this.emit('failed', { originator: 'local', cause: 'Canceled' });
  }
  answer(options) {
    this.done.push(['answer']);
    this.options = options;
  }
  sendDTMF(key) {
    this.done.push(['key', key]);
  }
  sendRequest(method, { body }) {
    this.done.push([method, body]);
  }
  sendInfo(type, body) {
    this.done.push([type, body]);
  }
  hold() {
    this.done.push(['hold']);
  }
  unhold() {
    this.done.push(['unhold']);
  }
}

/** A user agent of JsSIP. */
export class FakeAgent extends EventEmitter {
  sessions = [];
  stopped = 0;
  targets = [];
  messages = [];
  start() {}
  stop() {
    this.stopped++;
  }
  call(target, options) {
    this.targets.push(target);
    const session = new FakeSession();
    session.options = options;
    this.sessions.push(session);
    return session;
  }
  sendMessage(target, text) {
    this.messages.push([target, text]);
  }
}

/** A stream with one track for each kind. */
export function newStream(kinds = ['audio']) {
  const tracks = kinds.map((kind) => {
    const track = { kind, enabled: true, stopped: false, stop: () => (track.stopped = true) };
    return track;
  });
  const of = (kind) => tracks.filter((track) => track.kind === kind);
  return { getTracks: () => tracks, getAudioTracks: () => of('audio'), getVideoTracks: () => of('video') };
}

/** Lets promises that are settled go on. */
export const settle = () => new Promise((resolve) => setImmediate(resolve));
