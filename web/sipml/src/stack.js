// @ts-check
import { Call } from './call.js';
import { Core, stackStates } from './core.js';
import { invalidValue, result } from './errors.js';
import { EventTarget } from './eventtarget.js';
import { init } from './environment.js';
import { log } from './log.js';
import { Message } from './message.js';
import { Publish } from './publish.js';
import { Registration } from './registration.js';
import { StackSettings } from './stacksettings.js';
import { Subscribe } from './subscribe.js';

/** How long stop waits for answers, in milliseconds. */
const stopLimit = 3000;

/** Session classes by type. @type {Record<string, new (core: Core, conf: any, type: string) => any>} */
const sessionClasses = Object.freeze({
  register: Registration,
  message: Message,
  publish: Publish,
  subscribe: Subscribe,
  'call-audio': Call,
  'call-audiovideo': Call,
  'call-video': Call,
  'call-screenshare': Call,
});

/** One user at one service. See stackStates for what becomes of it. */
export class Stack extends EventTarget {
  #core;

  /** @param {any} conf */
  constructor(conf) {
    init();
    super();
    this.#core = new Core(this, new StackSettings(conf));
    this.#listen(conf);
  }

  /** @param {any} conf */
  setConfiguration(conf) {
    this.#core.settings.apply(conf);
    this.#listen(conf);
    return result.ok;
  }

  /** Connects; started or failed_to_start tells when. */
  start() {
    const core = this.#core;
    if (core.isStarted || core.state === stackStates.lost) return result.ok;
    core.disconnect();
    core.state = stackStates.starting;
    core.tellStack('starting', 'Stack starting');
    try {
      core.connect({
        connected: () => this.#connected(),
        disconnected: () => this.#disconnected(),
        called: (session, request) => Call.ring(core, session, request),
        told: (request) => Message.receive(core, request),
      });
    } catch (error) {
      log.warn(error);
      core.state = stackStates.stopped;
      return result.notStarted;
    }
    return result.ok;
  }

  /**
   * Ends calls, then takes registration, publications and subscriptions back, then disconnects.
   * @param {number} [timeout] in milliseconds
   */
  stop(timeout = stopLimit) {
    const core = this.#core;
    if (core.state === stackStates.starting) {
      core.disconnect();
      core.state = stackStates.stopped;
      core.tellStack('stopped', 'Stack stopped');
    } else if (core.isStarted || core.state === stackStates.lost) {
      void this.#stop(timeout);
    }
    return result.ok;
  }

  /** @param {string} type @param {any} [conf] */
  newSession(type, conf) {
    const Session = Object.hasOwn(sessionClasses, type) && sessionClasses[type];
    if (!Session) throw invalidValue(`'${type}' not valid as session type`);
    return new Session(this.#core, conf, type);
  }

  #connected() {
    const core = this.#core;
    const wasLost = core.state === stackStates.lost;
    core.state = stackStates.started;
    if (!wasLost) {
      core.tellStack('started', 'Stack started');
      return;
    }
    core.tellStack('reconnected', 'Connected again', { isAddition: true });
    for (const session of core.sessions.values()) session.connectionReturned();
  }

  #disconnected() {
    const core = this.#core;
    if (core.state === stackStates.starting) {
      core.disconnect();
      core.state = stackStates.stopped;
      core.tellStack('failed_to_start', 'Failed to connect to the server');
    } else if (core.isStarted && core.settings.isReconnecting) {
      core.state = stackStates.lost;
      core.tellStack('reconnecting', 'Connection lost', { isAddition: true });
      for (const session of core.sessions.values()) session.connectionLost();
    } else if (core.isStarted) {
      this.#stopped();
    }
  }

  /** @param {number} timeout */
  async #stop(timeout) {
    const core = this.#core;
    const open = [...core.sessions.values()];
    core.state = stackStates.stopping;
    core.tellStack('stopping', 'Stack stopping', { isAddition: true });
    const isLast = (/** @type {any} */ session) => session instanceof Registration;
    const limit = new Promise((resolve) => setTimeout(resolve, timeout));
    await Promise.race([limit, Promise.all(open.filter((each) => !isLast(each)).map((each) => each.shutdown()))]);
    await Promise.race([limit, Promise.all(open.filter(isLast).map((each) => each.shutdown()))]);
    if (core.sessions.size > 0) core.tellStack('failed_to_stop', 'Not all could be ended', { isAddition: true });
    this.#stopped();
    // sipML5 says it once for its transport and once for itself.
    core.tellStack('stopped', 'Stack stopped');
  }

  #stopped() {
    const core = this.#core;
    core.disconnect();
    core.cache.clear();
    core.state = stackStates.stopped;
    for (const session of core.sessions.values()) session.abandon();
    core.tellStack('stopped', 'Stack stopped');
  }

  /** @param {any} conf */
  #listen({ events_listener: listener }) {
    if (listener) this.addEventListener(listener.events, listener.listener);
  }
}
