// @ts-check
import { haveMediaStream } from './environment.js';
import { invalidArgument, invalidValue, notReady, notSupported, result } from './errors.js';
import { SessionEvent, Cause } from './event.js';
import { CallMedia } from './media/callmedia.js';
import { mediaTypeOf, mediaTypeOfOffer } from './media/mediatype.js';
import { Session } from './session.js';
import { contactOf } from './sip/contact.js';
import { targetOf } from './sip/target.js';
import { Conversation } from './conversation.js';
import { askWhetherThere } from './indialog.js';
import { Transfer } from './transfer.js';

/** @typedef {import('./media/mediatype.js').MediaType} MediaType */

/** A call, types 'call-audio', 'call-video', 'call-audiovideo' and 'call-screenshare'. */
export class Call extends Session {
  /** @type {MediaType} */
  mediaType;
  media;
  /** What is said to the other party; null before and after. @type {Conversation | null} */
  conversation = null;
  #transfer = new Transfer(this);

  /**
   * @param {import('./core.js').Core} core
   * @param {any} [conf]
   * @param {string} [type] of the session
   */
  constructor(core, conf, type = 'call-audio') {
    super(core, conf);
    this.mediaType = mediaTypeOf(type);
    const tellMedia = (/** @type {string} */ event) => this.#tellMedia(event);
    const lost = (/** @type {MediaStreamTrack} */ track) => this.tell('webrtc_error', `${track.label} is gone`);
    this.media = new CallMedia(core, tellMedia, lost, (isAdded) =>
      isAdded ? this.tellNamed('media_added', 'Media Added') : this.tellNamed('media_removed', 'Media Removed'),
    );
    if (conf) this.media.apply(conf);
  }

  /**
   * A call that comes in: the user is asked for his microphone while it rings.
   * @param {import('./core.js').Core} core
   * @param {import('./sip/invitesession.js').InviteSession} session
   * @param {any} request
   */
  static ring(core, session, request) {
    const call = new Call(core);
    call.mediaType = mediaTypeOfOffer(request.body ?? '');
    call.remote = Object.assign(request.from.uri, { display_name: request.from.display_name });
    call.#begin().ring(session, request);
  }

  /** A call of the same media, to somebody else. */
  another() {
    const call = new Call(this.core);
    call.mediaType = this.mediaType;
    return call;
  }

  /** @override @param {any} [conf] */
  setConfiguration(conf) {
    if (!conf) return;
    super.setConfiguration(conf);
    this.media.apply(conf);
  }

  /** @param {string} to @param {any} [conf] */
  call(to, conf) {
    if (!to) throw invalidValue("'to' must not be null");
    if (!haveMediaStream()) throw notReady();
    this.setConfiguration(conf);
    const target = targetOf(to, this.core.settings.realm);
    if (!this.conversation) this.remote = target ?? null;
    if (!this.core.isStarted) return result.notStarted;
    if (this.conversation) return result.failed;
    if (!target) return result.badTarget;
    this.begin(target);
    return result.ok;
  }

  /** Calls. @param {any} target @param {string[]} [headers] */
  begin(target, headers) {
    this.remote = target;
    const conversation = this.#begin();
    conversation.call(target, headers);
    return conversation;
  }

  /** @override @param {any} [conf] */
  accept(conf) {
    return this.#do(conf, (conversation) => conversation.accept());
  }

  /** @override @param {any} [conf] */
  reject(conf) {
    return this.hangup(conf);
  }

  /** Ends the call, whatever it is at: cancels, refuses or hangs up. @param {any} [conf] */
  hangup(conf) {
    return this.#do(conf, (conversation) => conversation.hangup(), this.core.isStarted || Boolean(this.conversation));
  }

  /** @param {any} [conf] */
  hold(conf) {
    return this.#do(conf, (conversation) => conversation.hold());
  }

  /** @param {any} [conf] */
  resume(conf) {
    return this.#do(conf, (conversation) => conversation.resume());
  }

  /** @param {string} content @param {string} [contentType] @param {any} [conf] */
  info(content, contentType, conf) {
    return this.#do(conf, (conversation) => conversation.info(content, contentType));
  }

  /** Presses a key. @param {string} digit @param {any} [conf] */
  dtmf(digit, conf) {
    this.setConfiguration(conf);
    if (!this.core.isStarted) return result.notStarted;
    if (!digit) return result.failed;
    return this.info(`Signal=${digit}\r\nDuration=120`, 'application/dtmf-relay');
  }

  /** Sends the other party to somebody else. @param {string} to @param {any} [conf] */
  transfer(to, conf) {
    this.setConfiguration(conf);
    return this.#transferTo(to ? targetOf(to, this.core.settings.realm) : null, Boolean(to));
  }

  /**
   * Joins the other party with that of another call of ours, which we have talked to.
   * @param {Call} other
   * @param {any} [conf]
   */
  attendedTransfer(other, conf) {
    this.setConfiguration(conf);
    if (!(other instanceof Call) || !other.conversation) return result.failed;
    return this.#transferTo(other.remote, true, other.conversation.session ?? undefined);
  }

  /** @param {any} [conf] */
  acceptTransfer(conf) {
    return this.#do(conf, () => this.#transfer.accept());
  }

  /** @param {any} [conf] */
  rejectTransfer(conf) {
    return this.#do(conf, () => this.#transfer.reject());
  }

  startBfcpShare() {
    throw notSupported('BFCP sharing requires webrtc4all plugin');
  }

  stopBfcpShare() {
    throw notSupported('BFCP sharing requires webrtc4all plugin');
  }

  /** @param {'audio' | 'video'} media @param {boolean} isMuted */
  mute(media, isMuted) {
    if ((media !== 'audio' && media !== 'video') || typeof isMuted !== 'boolean') throw invalidArgument();
    if (!this.conversation) return result.failed;
    this.media.mute(media, isMuted);
    return result.ok;
  }

  /** What WebRTC counts of this call; empty if there is none. */
  getStats() {
    return this.media.getStats();
  }

  /**
   * Goes over to other devices, in the call too.
   * @param {import('./media/constraints.js').Devices} devices
   */
  useDevices(devices) {
    return this.media.useDevices(devices);
  }

  /** Told by the other party that we are to go elsewhere. @param {any} request */
  transferRequested(request) {
    this.#transfer.requested(request);
  }

  /** The Contact of an INVITE. */
  get contact() {
    const { settings, agent } = this.core;
    return contactOf(settings, agent?.host ?? '', { caps: this.caps, isInvite: true });
  }

  /** @param {string} type @param {string} phrase @param {{ message?: any, newSession?: any }} more */
  tellWith(type, phrase, { message, newSession }) {
    const event = new SessionEvent(this, type, new Cause(phrase, message));
    event.newSession = newSession;
    this.core.tell(this, event);
  }

  /** The conversation is over. */
  ended() {
    this.#transfer.close();
    this.conversation = null;
    this.media.release();
    this.close();
  }

  /** @override */
  connectionReturned() {
    const { conversation } = this;
    if (conversation?.isConnected && conversation.session) askWhetherThere(conversation.session);
  }

  /** @override */
  async shutdown() {
    this.conversation?.hangup();
    await this.conversation?.over;
  }

  /** @override */
  abandon() {
    this.conversation?.abandon();
    this.close();
  }

  #begin() {
    this.conversation = new Conversation(this);
    this.open();
    return this.conversation;
  }

  /** @param {string} type */
  #tellMedia(type) {
    this.tell(type, this.conversation?.isIncoming ? type : 'Media Added');
  }

  /** @param {any} target @param {boolean} isGiven @param {import('./sip/invitesession.js').InviteSession} [replaces] */
  #transferTo(target, isGiven, replaces) {
    if (!isGiven) return result.failed;
    if (!this.core.isStarted) return result.notStarted;
    if (!target) return result.badTarget;
    return this.conversation ? this.#transfer.send(target, replaces) : result.failed;
  }

  /** @param {any} conf @param {(conversation: Conversation) => number} act @param {boolean} [canAct] */
  #do(conf, act, canAct = this.core.isStarted) {
    this.setConfiguration(conf);
    if (!canAct) return result.notStarted;
    return this.conversation ? act(this.conversation) : result.failed;
  }
}
