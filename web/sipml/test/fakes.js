// @ts-check
// What sessions stand on, made to be played with.
import { EventEmitter } from 'node:events';
import { Core, stackStates } from '../src/core.js';
import { EventTarget } from '../src/eventtarget.js';
import { StackSettings } from '../src/stacksettings.js';

export const alice = { realm: 'example.org', impi: 'alice', impu: 'sip:alice@example.org', password: 'secret' };

/** A response as JsSIP reads it. @param {number} code @param {Record<string, string>} [headers] */
export function response(code, headers = {}) {
  return {
    status_code: code,
    reason_phrase: { 200: 'OK', 412: 'Conditional Request Failed' }[code] ?? 'No',
    method: 'REGISTER',
    getHeader: (/** @type {string} */ name) => headers[name],
    getHeaders: (/** @type {string} */ name) => (headers[name] ? [headers[name]] : []),
    parseHeader: () => undefined,
  };
}

/** A core that is started, whose agent keeps what is sent; named is what only they hear who name it. */
export function startedCore(conf = {}) {
  const stack = new EventTarget();
  const core = new Core(stack, new StackSettings({ ...alice, ...conf }));
  /** @type {any[]} */
  const sent = [];
  /** @type {string[]} */
  const told = [];
  /** @type {string[]} */
  const named = [];
  const agent = {
    host: 'x.invalid',
    isConnected: () => core.isStarted,
    subscribe() {},
    request(/** @type {string} */ method, /** @type {any} */ target, /** @type {any} */ options) {
      sent.push({ method, target: String(target), ...options });
      const headers = { getHeader: () => undefined, getHeaders: () => [] };
      options.isSent?.({ method, cseq: options.parameters.cseq, ...headers });
    },
  };
  core.state = stackStates.started;
  core.agent = /** @type {any} */ (agent);
  core.tell = (_, event, isAddition) => void (isAddition ? named : told).push(event.type);
  return { core, sent, told, named };
}

/** A microphone's stream; unplug takes it away. */
export function stream() {
  /** @type {(() => void)[]} */
  const listeners = [];
  const track = {
    kind: 'audio',
    label: 'Microphone',
    enabled: true,
    isStopped: false,
    addEventListener: (/** @type {string} */ _, /** @type {() => void} */ listener) => void listeners.push(listener),
    stop: () => void (track.isStopped = true),
  };
  return { track, getTracks: () => [track], unplug: () => listeners.forEach((tell) => tell()) };
}

/** Lets the page ask for devices; gives the hands to answer by. */
export function devices() {
  /** @type {{ allow: (stream: any) => void, refuse: (error: Error) => void }[]} */
  const questions = [];
  const getUserMedia = () =>
    new Promise((allow, refuse) => {
      questions.push({ allow, refuse });
    });
  Object.defineProperty(globalThis, 'navigator', { value: { mediaDevices: { getUserMedia } }, configurable: true });
  return questions;
}

/** A call of JsSIP that comes in. */
export class IncomingSession extends EventEmitter {
  /** @type {string[]} */
  done = [];
  answer() {
    this.done.push('answer');
  }
  /** A test tells by answers what is answered. @type {any} */
  answers;
  /** @param {string} method @param {any} options */
  sendRequest(method, { eventHandlers }) {
    this.done.push(method);
    this.answers = eventHandlers;
  }
  onDialogError() {
    this.emit('ended', { cause: 'Dialog Error' });
  }
  /** @param {any} [options] */
  terminate(options) {
    this.done.push(`terminate ${options?.status_code ?? ''}`);
  }
}

/** An INVITE of Bob's. */
export const invite = () => ({
  body: 'v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\n',
  method: 'INVITE',
  from: { uri: { user: 'bob', host: 'example.org' }, display_name: 'Bob' },
  getHeader: () => undefined,
  getHeaders: () => [],
});

/** Lets all that is ready happen. */
export const settled = () => new Promise((resolve) => setImmediate(resolve));
