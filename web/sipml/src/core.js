// @ts-check
import { Cause, StackEvent } from './event.js';
import { MediaCache } from './media/cache.js';
import { Agent } from './sip/agent.js';

/**
 * What a stack and its sessions share: settings, the connection, who is there, and the order of events.
 *
 *   none -> starting -> started -> stopped     (and from there to starting again)
 *   starting -> stopped                        (the service could not be reached)
 *   started <-> lost                           (the connection is being made again)
 *   started, lost -> stopping -> stopped
 */
export const stackStates = Object.freeze({
  none: 'none',
  starting: 'starting',
  started: 'started',
  lost: 'lost',
  stopping: 'stopping',
  stopped: 'stopped',
});

const ids = (function* count() {
  for (let id = 1; ; id++) yield id;
})();

export class Core {
  /** @type {string} */
  state = stackStates.none;
  /** @type {Agent | null} */
  agent = null;
  /** The relays that the service offers since it registered us; used where the page names none. @type {RTCIceServer[]} */
  offeredServers = [];
  /** Routes that the registrar gave (RFC 3608). @type {string[]} */
  serviceRoutes = [];
  cache = new MediaCache();
  /** Sessions that have something open, by id. @type {Map<number, any>} */
  sessions = new Map();
  #stack;

  /**
   * @param {import('./eventtarget.js').EventTarget} stack
   * @param {import('./stacksettings.js').StackSettings} settings
   */
  constructor(stack, settings) {
    this.#stack = stack;
    this.settings = settings;
  }

  /** Whether requests can leave now. */
  get isStarted() {
    return this.state === stackStates.started;
  }

  newId() {
    return /** @type {number} */ (ids.next().value);
  }

  /** @param {import('./sip/agent.js').Callbacks} callbacks */
  connect(callbacks) {
    this.agent = new Agent(this.settings, callbacks);
    this.agent.start();
  }

  disconnect() {
    const { agent } = this;
    this.agent = null;
    this.serviceRoutes = [];
    agent?.removeAllListeners();
    agent?.transport.disconnect();
  }

  /** Values of Route for a request outside dialogs. */
  get routes() {
    return [...this.outboundRoutes, ...this.serviceRoutes];
  }

  /** The same for REGISTER, which goes by no routes of the registrar. */
  get outboundRoutes() {
    const { outboundRoute } = this.settings;
    return outboundRoute ? [outboundRoute] : [];
  }

  /**
   * Tells a target once the calling code is through, and after all that was told before.
   * @param {{ dispatchEvent: (news: any) => void }} target
   * @param {{ type: string } & object} event
   * @param {boolean} [isAddition] whether sipML5 does not have it
   */
  tell(target, event, isAddition = false) {
    queueMicrotask(() => target.dispatchEvent({ s_type: event.type, o_value: event, isAddition }));
  }

  /**
   * Tells the stack's listener.
   * @param {string} type
   * @param {string} phrase
   * @param {{ message?: any, newSession?: any, isAddition?: boolean }} [more]
   */
  tellStack(type, phrase, { message, newSession, isAddition } = {}) {
    const event = new StackEvent(type, new Cause(phrase, message));
    event.newSession = newSession;
    this.tell(this.#stack, event, isAddition);
  }
}
