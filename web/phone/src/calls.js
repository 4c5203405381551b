// @ts-check
// The calls of the phone, and what the user may do with them. The user talks in one of them, the active one; the others
// are on hold, or ring.
import { addressURI } from './account.js';
import { Call } from './call.js';
import { wordsForLocation } from './location.js';
import { carrying, locationOf } from './multipart.js';
import { CallDevices } from './calldevices.js';
import { newsOf, newsOfEnd } from './callnews.js';
import { naming, peerFromTyped, peerOf, serviceOf } from './peer.js';

/** How many calls there may be at once; one more hears busy (RFC 3261 section 21.4.24). */
const most = 4;

/**
 * @typedef {import('./line.js').Line} Line
 * @typedef {import('./kept.js').KeptCall} KeptCall
 *
 * @typedef {object} Surroundings what the calls need around them
 * @property {() => Line | null} line
 * @property {() => Promise<MediaStream>} openMicrophone
 * @property {() => Promise<MediaStream>} openCamera
 * @property {() => boolean} seen whether the user wants to be seen from the beginning of calls on
 * @property {(entity: string) => Promise<string | null>} locate gives a document that says where the user is; null if he
 *   does not want to tell
 * @property {import('./journal.js').Journal} journal
 * @property {(words: string | null, kind?: 'plain' | 'good' | 'bad') => void} say tells the user something
 * @property {() => void} changed called after every change
 * @property {(stream: MediaStream) => void} sound called with what the user should hear
 * @property {(call: Call) => void} ended called with each call that is over
 */

export class Calls {
  /** In the order in which they came. @type {Call[]} */
  list = [];
  /** @type {Call | null} */
  active = null;
  /** The number of the newest. */
  #last = 0;
  #around;

  /** @param {Surroundings} around */
  constructor(around) {
    this.#around = around;
    this.devices = new CallDevices(around);
  }

  /** All but the active one. */
  get others() {
    return this.list.filter((call) => call !== this.active);
  }

  /** Those that can be connected with the active one, or talked to instead. */
  get waiting() {
    return this.others.filter(({ up }) => up);
  }

  /** Whether one more can be placed: one at a time is set up. */
  get free() {
    return this.list.length < most && (!this.active || this.active.up);
  }

  /**
   * Calls what was typed, and holds the call that is up; resolves when the call is on its way, or over.
   * @param {string} typed
   */
  async dial(typed) {
    const line = this.#around.line();
    if (!line?.ready || !this.free || !typed.trim()) return;
    const call = this.#begin('outgoing', peerFromTyped(typed, line.account.domain));
    this.#activate(call);
    const service = serviceOf(typed);
    const uri = addressURI(service ? 'service' : typed.trim(), line.account.domain);
    if (!uri) {
      call.fail(`${typed} is not an address.`);
      return;
    }
    this.#around.journal.write(`Calling ${call.peer.name}`);
    try {
      const [microphone, camera] = await this.devices.open(this.showsCamera);
      const place = await this.#locate(line.account.uri);
      call.place(microphone, (options) => carrying(naming(line.call(uri, options), service), place), camera);
      this.devices.watchCamera(call);
    } catch (error) {
      call.fail(/** @type {Error} */ (error).message);
    }
  }

  /**
   * A call comes in.
   * @param {import('./call.js').Session} session
   * @param {any} request its INVITE
   */
  receive(session, request) {
    const { journal } = this.#around;
    const peer = peerOf(session.remote_identity);
    const whereabouts = wordsForLocation(locationOf(request));
    if (whereabouts) Object.assign(peer, { whereabouts });
    if (this.list.length >= most) {
      session.terminate({ status_code: 486 });
      journal.write(`${peer.name} called and heard that you are busy`);
      return;
    }
    this.#begin('incoming', peer).receive(session, request);
    journal.write(`${peer.name} is calling`, 'plain', peer.address);
    this.#around.changed();
  }

  /** Whether calls begin with the camera on. */
  get showsCamera() {
    return this.#around.seen();
  }

  /**
   * Answers a call that rings; without a microphone it rings on.
   * @param {Call | null} call
   * @param {boolean} seen whether the user is seen, if the other side offers pictures
   */
  async answer(call = this.active, seen = this.showsCamera) {
    if (!call?.rings) return;
    this.#activate(call);
    call.accept();
    this.#around.say(null);
    try {
      call.answer(...(await this.devices.open(seen && call.media.pictures.expected)));
      this.devices.watchCamera(call);
    } catch (error) {
      this.#around.say(/** @type {Error} */ (error).message, 'bad');
      call.accept(false);
    }
  }

  /** @param {Call | null} call */
  decline(call = this.active) {
    if (call?.rings) call.decline();
  }

  /** @param {Call | null} call */
  hangUp(call = this.active) {
    call?.hangUp();
  }

  hangUpAll() {
    for (const call of [...this.list]) call.hangUp();
  }

  /** Mutes the microphone, or gives it back. */
  toggleMute() {
    this.active?.setMuted(!this.active.muted);
  }

  /** Holds the call, or resumes it; not while the service is away, since JsSIP would end the call. */
  toggleHold() {
    if (this.#around.line()?.connected) this.active?.setHold(!this.active.hold.local);
  }

  /** Sends a key into the call; tells whether it could go out. @param {string} key */
  sendKey(key) {
    return this.active?.sendKey(key) ?? false;
  }

  /** Talks in a call that waits, and holds the one before. @param {Call} call */
  switchTo(call) {
    if (!this.#around.line()?.connected || !call.up) return;
    this.#activate(call);
    call.setHold(false);
    this.#around.changed();
  }

  /** Sends the other side to what was typed, without asking there. @param {string} typed */
  transfer(typed) {
    const line = this.#around.line();
    if (!line?.connected || !this.active?.up || !typed.trim()) return;
    const uri = addressURI(typed.trim(), line.account.domain);
    if (uri) this.active.sendTo(uri, peerFromTyped(typed, line.account.domain).name);
    else this.#around.say(`${typed} is not an address.`, 'bad');
  }

  /** Makes one call of the active one and one that waits, without us. @param {Call} other */
  connect(other) {
    const line = this.#around.line();
    const call = this.active;
    if (!other.up || !call?.up || other === call || !line?.connected) return;
    other.sendTo(addressURI(call.peer.address, line.account.domain), call.peer.name, call);
  }

  /** Takes back what another page has left. @param {KeptCall[]} kept */
  resume(kept) {
    for (const each of kept) {
      const call = this.#begin(each.direction, each.peer);
      if (each.active) this.active = call;
      call.wait(each);
      this.#around.journal.write(`Taking the call with ${call.peer.name} back`);
      void this.#resume(call);
    }
  }

  /** Sets up anew what gets nothing through, or all: a browser may be on another network, and not know it yet. */
  mend(all = false) {
    for (const call of this.list) this.#mend(call, all || call.interrupted);
  }

  /** Opens the microphone while the line connects. @param {Call} call */
  async #resume(call) {
    const line = this.#around.line();
    try {
      call.equip(...(await this.devices.open(call.before.seen === 'both')));
      line?.whenConnected(() => call.resume((options) => line.call(line.account.uri, options)));
    } catch (error) {
      call.fail(/** @type {Error} */ (error).message);
    }
  }

  /** That nobody knows where the user is, is no reason not to call. @param {string} entity */
  async #locate(entity) {
    try {
      return await this.#around.locate(entity);
    } catch (error) {
      this.#around.say(`${/** @type {Error} */ (error).message} The call goes out without.`, 'bad');
      return null;
    }
  }

  /** @param {'outgoing' | 'incoming'} direction @param {import('./call.js').Peer} peer */
  #begin(direction, peer) {
    this.#around.say(null);
    const call = new Call(direction, peer, {
      changed: (each) => this.#changed(each),
      sound: (each) => each === this.active && this.#resound(),
      broken: (each) => this.#mend(each),
      unplugged: (each) => void this.devices.replug(each),
      unseen: ({ peer: { name } }) => this.#around.say(`${name} takes no video. You are heard, but not seen.`),
    });
    call.number = ++this.#last;
    this.list.push(call);
    this.active ??= call;
    return call;
  }

  /** Puts a call in the place of the one before, which goes on hold. @param {Call} call */
  #activate(call) {
    if (call === this.active) return;
    this.active?.setHold(true);
    this.active = call;
    this.#resound();
  }

  #resound() {
    if (this.active?.media.sound) this.#around.sound(this.active.media.sound);
  }

  /** A broken connection needs the service; if that is away, too, it is mended later. @param {Call} call */
  #mend(call, isBroken = true) {
    if (!this.#around.line()?.connected) return;
    if (isBroken) call.renegotiate(true);
    else call.inquire();
  }

  /** @param {Call} call */
  #changed(call) {
    if (call.over) this.#over(call);
    else if (call.notSent) this.#stays(call);
    else if (call.up && (call === this.active || call.transfer)) this.#write(newsOf(call));
    this.#around.changed();
  }

  /** The journal does not say the same thing twice in a row, so only news is written. @param {import('./callnews.js').News} news */
  #write({ words, kind, detail }) {
    this.#around.journal.write(words, kind, detail);
  }

  /** @param {Call} call */
  #stays(call) {
    const { notSent } = call;
    call.notSent = '';
    this.#around.journal.write(notSent, 'bad');
    this.#around.say(notSent, 'bad');
  }

  /** @param {Call} call */
  #over(call) {
    this.#remove(call);
    this.#around.ended(call);
    const connected = this.list.some(({ transfer }) => transfer?.consulted === call);
    if (connected && !call.transfer) return; // the bridge has ended it: the other one tells how it went
    const news = newsOfEnd(call);
    this.#write(news);
    this.#around.say(news.words, news.kind);
  }

  /** Takes a call out; one that rings comes before one that waits. @param {Call} call */
  #remove(call) {
    this.list = this.list.filter((each) => each !== call);
    if (call !== this.active) return;
    this.active = this.list.find(({ rings }) => rings) ?? this.list.at(-1) ?? null;
    this.#resound();
  }
}
