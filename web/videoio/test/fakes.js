// Stand-ins for the browser and for JsSIP.
import { EventEmitter } from 'node:events';

/** An element that keeps what is put into it. */
class Element extends EventTarget {
  style = {};
  children = [];
  append(child) {
    this.children.push(child);
  }
  setAttribute() {}
}

/** Gives this process the parts of a page that the player uses. */
export function newPage() {
  globalThis.document = { createElement: () => new Element(), readyState: 'complete' };
  globalThis.reportError = (error) => {
    throw error;
  };
  return new Element();
}

/** A session of JsSIP, whose events the test emits. */
export class FakeSession extends EventEmitter {
  remote_identity = { display_name: 'Bob "B"', uri: 'sip:bob@test' };
  local_identity = { display_name: null, uri: 'sip:alice@test' };
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
  answer() {
    this.done.push(['answer']);
  }
  sendDTMF(key) {
    this.done.push(['key', key]);
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
  start() {}
  stop() {
    this.stopped++;
  }
  call(target) {
    this.targets.push(target);
    const session = new FakeSession();
    this.sessions.push(session);
    return session;
  }
}

/** A microphone with one track. */
export function newMicrophone() {
  const track = { kind: 'audio', enabled: true, stopped: false, stop: () => (track.stopped = true) };
  return { track, getTracks: () => [track], getVideoTracks: () => [] };
}

export const loudspeaker = { play() {}, set() {} };

/** Lets promises that are settled go on. */
export const settle = () => new Promise((resolve) => setImmediate(resolve));
