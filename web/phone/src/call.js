// @ts-check
// One call: a JsSIP session, its media, and how they stand. See CallState for how it moves.
import { CallMedia } from './callmedia.js';
import { CallState } from './callstate.js';
import { endOf } from './callwords.js';
import { Hold } from './hold.js';
import { askWhetherThere } from './inquiry.js';
import { dialogOf, replacing } from './kept.js';
import { keyTiming, keyTransport } from './keys.js';
import { sendInCall } from './messages.js';
import { closeMicrophone } from './microphone.js';
import { whenIntroduced } from './peer.js';
import { offersPictures } from './pictures.js';
import { Referral } from './referral.js';

/**
 * @typedef {import('jssip/lib/RTCSession').RTCSession} Session
 * @typedef {{ name: string, address: string, whereabouts?: string }} Peer see peerOf; where it says that it is
 * @typedef {{ callId: string, localTag: string, remoteTag: string }} Dialog what names a call to the service (RFC 3261
 *   section 12)
 * @typedef {Record<'changed' | 'sound' | 'broken' | 'unplugged' | 'unseen', (call: Call) => void>} CallListener told of
 *   every change, of the other side's sound, again and again of a connection that does not mend itself, of a microphone
 *   that is gone, and of another side that takes no pictures
 * @typedef {(options: object) => Session} Dial
 * @typedef {{ words: string, failed: boolean, missed?: boolean, status: number, callId?: string }} End why a call is over;
 *   status is that of a response, else 0
 */

export class Call {
  /** Names the call in this page. */
  number = 0;
  /** @type {keyof typeof CallState} */
  state;
  muted = false;
  hold = new Hold();
  /** How the call stood in the page before, which it takes on when it is up again. */
  before = { muted: false, held: false, seen: /** @type {import('./kept.js').KeptCall['seen']} */ ('no') };
  /** Since when both sides talk, and until when they did, in milliseconds since 1970; 0 if they do not. */
  startedAt = 0;
  endedAt = 0;
  /** The keys of the dial pad that went out. */
  keys = '';
  /** @type {End | null} */
  end = null;
  /** @type {Dialog | null} */
  dialog = null;
  /** Whom the other side is being sent to; null if to nobody. @type {Referral | null} */
  transfer = null;
  /** Why the other side could not be sent there, in words, until it is tried again. */
  notSent = '';
  /** The sound and pictures. @type {CallMedia} */
  media;

  /** @type {Session | null} */
  #session = null;
  #listener;

  /**
   * @param {'outgoing' | 'incoming'} direction
   * @param {Peer} peer
   * @param {CallListener} listener
   */
  constructor(direction, peer, listener) {
    this.direction = direction;
    this.peer = peer;
    this.state = direction === 'outgoing' ? CallState.preparing : CallState.incoming;
    this.#listener = listener;
    this.media = new CallMedia({
      changed: () => this.#tell(),
      sound: () => listener.sound(this),
      broken: () => listener.broken(this),
      unplugged: () => listener.unplugged(this),
      unseen: () => listener.unseen(this),
    });
  }

  get over() {
    return this.state === CallState.over;
  }

  /** Whether the user can talk, or could if nobody held the call. */
  get up() {
    return this.state === CallState.up;
  }

  /** Whether it waits for the user to answer. */
  get rings() {
    return this.state === CallState.incoming;
  }

  /** Whether nothing gets through. */
  get interrupted() {
    return this.media.interrupted;
  }

  /**
   * Takes an open microphone and camera, or closes them: the call may have ended while the user was asked.
   * @param {MediaStream} microphone
   * @param {MediaStream | null} camera null to show nothing
   */
  equip(microphone, camera = null) {
    if (this.over) [microphone, camera].forEach(closeMicrophone);
    else this.media.take(microphone, camera);
    return !this.over;
  }

  /**
   * Takes the session and the INVITE of a call that comes in.
   * @param {Session} session
   * @param {{ call_id: string, to_tag: string, from_tag: string, body?: string }} request
   */
  receive(session, { call_id: callId, to_tag: localTag, from_tag: remoteTag, body }) {
    this.dialog = { callId, localTag, remoteTag };
    this.media.pictures.expected = offersPictures(body);
    this.#follow(session);
  }

  /**
   * Places the call with an open microphone, and a camera, which the call closes in the end.
   * @param {MediaStream} microphone
   * @param {Dial} dial
   * @param {MediaStream | null} [camera]
   */
  place(microphone, dial, camera) {
    if (!this.equip(microphone, camera)) return;
    this.#start(dial(this.media.options()));
    this.#move(CallState.calling);
  }

  /** Waits to be taken back, as it was in the page before. @param {import('./kept.js').KeptCall} kept */
  wait({ dialog, startedAt, keys, muted, held, seen }) {
    Object.assign(this, { dialog, startedAt, keys, before: { muted, held, seen } });
    this.media.pictures.expected = seen === 'other' || seen === 'both';
    this.#move(CallState.resuming);
  }

  /**
   * Takes a call back, with the microphone it was equipped with: the service replaces the session that went with the
   * page before (RFC 3891). Who was on hold hears nothing of it.
   * @param {Dial} dial
   */
  resume(dial) {
    if (this.over) return;
    const { muted, held } = this.before;
    const session = dial({ ...this.media.options(), extraHeaders: [replacing(/** @type {Dialog} */ (this.dialog))] });
    this.#start(session);
    session.on('sdp', (offer) => {
      if (held && !this.up) offer.sdp = offer.sdp.replaceAll('a=sendrecv', 'a=sendonly');
    });
    session.on('confirmed', () => {
      this.setMuted(muted);
      this.setHold(held);
    });
  }

  /** Says that the user wants the call, before the microphone is there; or not yet, because there is none. */
  accept(wanted = true) {
    this.#move(wanted ? CallState.answering : CallState.incoming);
  }

  /** Answers likewise. @param {MediaStream} microphone @param {MediaStream | null} [camera] */
  answer(microphone, camera) {
    if (!this.equip(microphone, camera) || !this.#session) return;
    this.#session.answer(this.media.options());
    this.media.follow(this.#session.connection);
  }

  /** Ends the call, however far it has come. */
  hangUp() {
    if (this.over) return;
    if (this.#session) this.#session.terminate();
    else this.#finish({ words: 'Call cancelled.', failed: false, status: 0 });
  }

  /** Refuses a call that comes in (RFC 3261: 603 for "not me", 486 for "busy"). */
  decline(status = 603) {
    if (!this.over) this.#session?.terminate({ status_code: status });
  }

  /** Ends a call that could not even be placed. @param {string} words */
  fail(words) {
    if (!this.over) this.#finish({ words, failed: true, status: 0 });
  }

  /** @param {boolean} muted */
  setMuted(muted) {
    if (!this.up || muted === this.muted) return;
    this.#session?.[muted ? 'mute' : 'unmute']({ audio: true });
    this.muted = muted;
    this.#tell();
  }

  /** @param {boolean} held */
  setHold(held) {
    if (this.#session && this.up) this.hold.set(this.#session, held, () => this.#tell());
  }

  /** Agrees anew on what is sent, and begins ICE anew after a change of network (RFC 8445 section 9). */
  renegotiate(iceRestart = false) {
    if (this.up && !this.hold.changing) this.#session?.renegotiate({ rtcOfferConstraints: { iceRestart } });
  }

  /** Ends if the service does not know it any more. */
  inquire() {
    if (this.up && this.#session) askWhetherThere(this.#session);
  }

  /** Sends a key of the dial pad; tells whether it could go out. @param {string} key */
  sendKey(key) {
    if (!this.#session || (!this.up && this.state !== CallState.early)) return false;
    const transportType = /** @type {any} */ (keyTransport(this.#session.connection));
    this.#session.sendDTMF(key, { ...keyTiming, transportType });
    this.keys += key;
    this.#tell();
    return true;
  }

  /** Writes to the other side, in the call. @param {string} text @param {import('./chat.js').Answered} answered */
  sendText(text, answered) {
    if (this.#session) sendInCall(this.#session, text, answered);
  }

  /**
   * Sends the other side to somebody else. The call is over when they are connected, and goes on if they are not.
   * @param {string} uri whom to
   * @param {string} name of whom, for the user
   * @param {Call | null} consulted our own call with them, if there is one; the two become one then (RFC 3891)
   */
  sendTo(uri, name, consulted = null) {
    if (!this.#session || !this.up || this.transfer) return;
    this.notSent = '';
    const stays = (/** @type {string} */ words) => {
      Object.assign(this, { transfer: null, notSent: words });
      this.#tell();
    };
    const told = { changed: () => this.#tell(), sent: () => this.hangUp(), stays };
    this.transfer = new Referral(name, told, consulted);
    this.transfer.send(this.#session, uri, consulted ? (consulted.#session ?? undefined) : undefined);
    this.#tell();
  }

  /** @param {Session} session */
  #start(session) {
    this.#follow(session);
    this.media.follow(session.connection);
  }

  /** @param {Session} session */
  #follow(session) {
    this.#session = session;
    session.on('icecandidate', ({ ready }) => this.media.limitGathering(ready));
    session.on('connecting', () => this.media.expectPictures());
    session.on('progress', (/** @type {any} */ { originator, response }) => this.#progress(originator, response));
    session.on('accepted', (/** @type {any} */ { originator, response }) => {
      if (originator === 'remote') this.dialog = dialogOf(response);
    });
    session.on('confirmed', () => this.#begin());
    whenIntroduced(session, (peer) => {
      this.peer = peer;
      this.#tell();
    });
    this.hold.follow(session, () => this.#tell());
    const over = (/** @type {any} what JsSIP tells */ end) => this.#finish(endOf(this, end));
    session.on('failed', over).on('ended', over);
  }

  /**
   * @param {string} originator
   * @param {{ body?: string }} response
   */
  #progress(originator, response) {
    const waits = this.state === CallState.calling || this.state === CallState.ringing;
    if (originator === 'remote' && waits) this.#move(response.body ? CallState.early : CallState.ringing);
  }

  #begin() {
    this.startedAt ||= Date.now();
    if (!this.up) this.#move(CallState.up);
  }

  /** @param {End} end */
  #finish(end) {
    this.media.close();
    this.end = end;
    if (this.startedAt) this.endedAt = Date.now();
    this.#move(CallState.over);
  }

  /** @param {keyof typeof CallState} state */
  #move(state) {
    if (this.over) return;
    this.state = state;
    this.#tell();
  }

  #tell() {
    this.#listener.changed(this);
  }
}
