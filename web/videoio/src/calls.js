// @ts-check
// The commands of siprtmp and its callbacks, over the sessions of JsSIP. A client has one call that it placed or accepted,
// and may have another one that rings.
import { Call } from './call.js';
import { fits, nameAddress, reasonOf, statusOf, targetOf } from './words.js';

/** @typedef {import('./connection.js').Hooks} Hooks */

/** The words of invite and accept that ask for pictures; without any words pictures are asked for, too. */
const pictureWords = ['h264', 'flv'];

export class Calls {
  /** The servers that calls to come may ask for their addresses. @type {RTCIceServer[]} */
  iceServers = [];
  /** @type {any} the user agent of JsSIP */
  #agent;
  #domain;
  #hooks;
  /** @type {Call | null} */
  #active = null;
  /** @type {Call | null} */
  #pending = null;

  /**
   * @param {any} agent
   * @param {string} domain of addresses that have none
   * @param {Hooks} hooks
   */
  constructor(agent, domain, hooks) {
    this.#agent = agent;
    this.#domain = domain;
    this.#hooks = hooks;
  }

  /** The call that was placed or accepted. */
  get active() {
    return this.#active;
  }

  /**
   * Does a command. Names that are none are passed over, as the gateway did.
   * @param {string} name
   * @param {unknown[]} args
   */
  command(name, args) {
    const words = args.filter((each) => typeof each === 'string');
    switch (name) {
      case 'invite':
        return void this.#invite(words[0] ?? '', words.slice(1));
      case 'accept':
        return void this.#accept(words);
      case 'reject':
        return this.#pending?.end(statusOf(words[0] ?? '603 Decline'));
      case 'bye':
        return this.#bye();
      case 'sendDTMF':
        return this.#active?.press(String(args[0] ?? ''));
      case 'hold':
        return this.#active?.hold(Boolean(args[0]));
      case 'sendMessage':
        return this.#active?.say(words[0] ?? '');
      case 'sendPagingMessage':
        return this.#page(words[0] ?? '', words[1] ?? '');
    }
  }

  #bye() {
    this.#active?.end();
    if (this.#active?.over) this.#active = null; // before it was placed
  }

  /** Ends all, without a word to the page. */
  end() {
    this.#active?.end();
    this.#pending?.end(statusOf('480 Temporarily Unavailable'));
  }

  /** Lets what is sent and played follow the properties. */
  refresh() {
    const { wishes } = this.#hooks;
    const sends = wishes('recording') === true;
    this.#active?.want({
      sound: sends && wishes('microphone') === true,
      pictures: sends && wishes('camera') === true,
      gain: Number(wishes('gain')),
      bandwidth: Number(wishes('cameraBandwidth')),
      buffer: Number(wishes('bufferTime')),
    });
  }

  /**
   * Takes a text of the other party, which came in the call; false if there is no such call.
   * @param {any} request of JsSIP
   */
  read(request) {
    if (!this.#active?.has(request)) return false;
    this.#tell('receivedMessage', request.body ?? '');
    return true;
  }

  /** Takes a call that comes in. @param {any} session of JsSIP */
  ring(session) {
    if (this.#pending) {
      session.terminate({ status_code: 486, reason_phrase: 'Busy Here' });
      return;
    }
    const call = new Call(this.#hooks.screen, this.iceServers);
    const parties = [nameAddress(session.remote_identity), nameAddress(session.local_identity)];
    this.#pending = call;
    call.follow(session, {
      accepted: () => {},
      ringing: () => {},
      held: (held) => this.#tell('holded', held),
      data: this.#hooks.received,
      over: (byUs) => {
        const rang = this.#pending === call;
        this.#forget(call);
        if (!byUs) this.#tell(...(rang ? ['cancelled', ...parties] : ['byed']));
      },
    });
    this.#tell('invited', ...parties);
  }

  /**
   * @param {string} destination
   * @param {string[]} codecs
   */
  async #invite(destination, codecs) {
    const target = targetOf(destination, this.#domain);
    if (this.#active || !target) {
      this.#tell('rejected', this.#active ? 'Already in an active or pending call' : 'invalid dest URI');
      return;
    }
    const call = new Call(this.#hooks.screen, this.iceServers);
    this.#active = call;
    if (!(await this.#listen(call, codecs))) return;
    const handlers = {
      accepted: () => this.#accepted(call, codecs),
      ringing: (/** @type {number} */ status, /** @type {string} */ phrase) =>
        this.#tell('ringing', `${status} ${phrase}`),
      held: (/** @type {boolean} */ held) => this.#tell('holded', held),
      data: this.#hooks.received,
      over: (/** @type {boolean} */ byUs, /** @type {any} */ failure) => {
        this.#forget(call);
        if (!byUs) this.#tell(...(failure ? ['rejected', reasonOf(failure)] : ['byed']));
      },
    };
    call.place(this.#agent, target, handlers);
  }

  /** @param {string[]} codecs */
  async #accept(codecs) {
    const call = this.#pending;
    if (!call || this.#active) return;
    this.#pending = null;
    this.#active = call;
    if (!(await this.#listen(call, codecs))) return;
    call.answer(() => this.#accepted(call, codecs));
  }

  /**
   * Opens the microphone for a call, and the camera if the codecs ask for it; false if the call is over, or there is none.
   * @param {Call} call
   * @param {string[]} codecs
   */
  async #listen(call, codecs) {
    try {
      const video = codecs.length === 0 || codecs.some((word) => pictureWords.includes(word));
      call.take(await this.#hooks.devices.open({ audio: true, video }));
      this.#hooks.opened();
      return !call.over;
    } catch {
      if (call.over) return false; // the page hung up meanwhile
      const placed = !call.session;
      call.end(statusOf('480 Temporarily Unavailable'));
      this.#forget(call);
      this.#tell(...(placed ? ['rejected', '480 No microphone'] : ['byed']));
      return false;
    }
  }

  /**
   * @param {Call} call
   * @param {string[]} codecs that the page named; then it wants to hear which was agreed on
   */
  #accepted(call, codecs) {
    this.refresh();
    this.#tell('accepted', ...(codecs.length > 0 ? ['default', call.hasPictures() ? 'default' : null] : []));
  }

  /** @param {Call} call */
  #forget(call) {
    if (this.#active === call) this.#active = null;
    if (this.#pending === call) this.#pending = null;
  }

  /**
   * @param {string} destination
   * @param {string} text
   */
  #page(destination, text) {
    const target = targetOf(destination, this.#domain);
    if (target && fits(text)) this.#agent.sendMessage(target, text, { contentType: 'text/plain;charset=utf-8' });
  }

  /** @param {unknown[]} callback its name and arguments */
  #tell(...[method, ...args]) {
    this.#hooks.tell(String(method), args);
  }
}
