// One call: a JsSIP session, its microphone, and how they stand.
//
//   going out: preparing -> calling -> ringing -> early -> up -> over
//   coming in: incoming -> answering -> up -> over
//
// Every state can go to over. early is ringing with sound from the other side.
import { isMissed, wordsForEnd } from './callwords.js';
import { closeMicrophone } from './microphone.js';
import { sendInCall } from './messages.js';
import { keyTiming, keyTransport } from './keys.js';

/** How long to wait for more ICE candidates after the first, in milliseconds; JsSIP itself waits without limit. */
const gatheringTime = 1000;

export class Call {
  /** preparing, calling, ringing, early, incoming, answering, up or over. */
  state;
  muted = false;
  /** Who holds the call; changing is true while the other side has not agreed yet. */
  hold = { local: false, remote: false, changing: false };
  /** Since when both sides talk, and until when they did, in milliseconds since 1970; 0 if they do not. */
  startedAt = 0;
  endedAt = 0;
  /** The keys of the dial pad that went out. */
  keys = '';
  /** True while the browser gets no sound through. */
  interrupted = false;
  /** Why the call is over: { words, failed, missed, status }; status is that of a response, else 0. */
  end = null;
  /** What names the call to the service (RFC 3261 section 12): { callId, localTag, remoteTag }. */
  dialog = null;

  /** Whom the other side is being sent to: { name, rings, done }; null if to nobody. */
  transfer = null;
  /** Why the other side could not be sent there, in words, until it is tried again. */
  notSent = '';
  /** What the other side sends, or null. */
  sound = null;

  #session = null;
  #microphone = null;
  #listener;
  #lastReady = null;

  /**
   * @param {string} direction 'outgoing' or 'incoming'
   * @param {{name: string, address: string}} peer see peerOf
   * @param {{changed: function(Call), sound: function(MediaStream)}} listener told of every change, and of the
   *   other side's sound
   */
  constructor(direction, peer, listener) {
    this.direction = direction;
    this.peer = peer;
    this.state = direction === 'outgoing' ? 'preparing' : 'incoming';
    this.#listener = listener;
  }

  get over() {
    return this.state === 'over';
  }

  /** Takes the session and the INVITE of a call that comes in. */
  receive(session, { call_id: callId, to_tag: localTag, from_tag: remoteTag }) {
    this.dialog = { callId, localTag, remoteTag };
    this.#follow(session);
  }

  /** Places the call with an open microphone, which the call closes in the end. */
  place(microphone, dial) {
    if (this.#cameLate(microphone)) return;
    const session = dial(this.#mediaOptions());
    this.#follow(session);
    this.#followSound(session.connection);
    this.#move('calling');
  }

  /** Says that the user wants the call, before the microphone is there. */
  accept() {
    this.#move('answering');
  }

  /** Takes accept back: there is no microphone, and the call rings on. */
  ringOn() {
    if (!this.over) this.#move('incoming');
  }

  /** Answers with an open microphone, which the call closes in the end. */
  answer(microphone) {
    if (this.#cameLate(microphone)) return;
    this.#session.answer(this.#mediaOptions());
    this.#followSound(this.#session.connection);
  }

  /** Ends the call, however far it has come. */
  hangUp() {
    if (this.over) return;
    if (this.#session) this.#session.terminate();
    else this.#finish({ words: 'Call cancelled.', failed: false, status: 0 });
  }

  /** Refuses a call that comes in (RFC 3261: 603 for "not me", 486 for "busy"). */
  decline(status = 603) {
    if (!this.over) this.#session.terminate({ status_code: status });
  }

  /** Ends a call that could not even be placed. */
  fail(words) {
    if (!this.over) this.#finish({ words, failed: true, status: 0 });
  }

  setMuted(muted) {
    if (this.state !== 'up') return;
    if (muted) this.#session.mute({ audio: true });
    else this.#session.unmute({ audio: true });
    this.muted = muted;
    this.#tell();
  }

  /** Holds or resumes; does nothing while the last change is under way. JsSIP ends a call whose hold is refused. */
  setHold(held) {
    if (this.state !== 'up' || this.hold.changing || held === this.hold.local) return;
    this.hold.changing = true;
    const done = () => {
      this.hold.changing = false;
      this.#tell();
    };
    const begun = held ? this.#session.hold({}, done) : this.#session.unhold({}, done);
    if (!begun) this.hold.changing = false;
    this.#tell();
  }

  /** Sends a key of the dial pad; tells whether it could go out. */
  sendKey(key) {
    if (this.state !== 'up' && this.state !== 'early') return false;
    this.#session.sendDTMF(key, { ...keyTiming, transportType: keyTransport(this.#session.connection) });
    this.keys += key;
    this.#tell();
    return true;
  }

  /** Writes to the other side, in the call; answered is called with the status, see sendInCall. */
  sendText(text, answered) {
    sendInCall(this.#session, text, answered);
  }

  /**
   * Sends the other side to somebody else. The call is over when they are connected, and goes on if they are not.
   * @param {string} uri whom to
   * @param {string} name of whom, for the user
   * @param {Call} consulted our own call with them, if there is one; the two become one then (RFC 3891)
   */
  sendTo(uri, name, consulted = null) {
    if (this.state !== 'up' || this.transfer) return;
    this.transfer = { name, rings: false, done: false };
    this.notSent = '';
    this.#session.refer(uri, {
      replaces: consulted ? consulted.#session : undefined,
      eventHandlers: {
        progress: () => this.#transferMoves({ rings: true }),
        accepted: () => this.#sent(),
        failed: ({ status_line: line }) => this.#stays(line.status_code),
        requestFailed: ({ response }) => this.#stays(response?.status_code ?? 408),
      },
    });
    this.#tell();
  }

  #transferMoves(step) {
    Object.assign(this.transfer, step);
    this.#tell();
  }

  #sent() {
    this.transfer.done = true;
    if (!this.over) this.#session.terminate();
  }

  #stays(status) {
    const { name } = this.transfer;
    this.transfer = null;
    this.notSent = wordsForEnd({ originator: 'remote', message: { status_code: status } }, { peer: name }).words;
    this.#tell();
  }

  #mediaOptions() {
    return {
      mediaStream: this.#microphone,
      mediaConstraints: { audio: true, video: false },
      pcConfig: { iceServers: [] },
    };
  }

  /** Keeps the microphone, or closes it at once if the call ended while the user was asked for it. */
  #cameLate(microphone) {
    if (this.over) closeMicrophone(microphone);
    else this.#microphone = microphone;
    return this.over;
  }

  #follow(session) {
    this.#session = session;
    session.on('icecandidate', ({ ready }) => this.#limitGathering(ready));
    session.on('progress', ({ originator, response }) => this.#progress(originator, response));
    session.on('accepted', ({ originator, response }) => {
      if (originator === 'remote') this.#accepted(response);
    });
    session.on('confirmed', () => this.#up());
    session.on('hold', ({ originator }) => this.#held(originator, true));
    session.on('unhold', ({ originator }) => this.#held(originator, false));
    session.on('failed', (end) => this.#ended(end));
    session.on('ended', (end) => this.#ended(end));
  }

  #followSound(connection) {
    connection.addEventListener('track', ({ streams, track }) => {
      this.sound = streams[0] ?? new MediaStream([track]);
      this.#listener.sound(this.sound);
    });
    connection.addEventListener('iceconnectionstatechange', () => {
      this.interrupted = connection.iceConnectionState === 'disconnected';
      this.#tell();
    });
  }

  /** JsSIP hands out one ready function for each description it makes. */
  #limitGathering(ready) {
    if (ready === this.#lastReady) return;
    this.#lastReady = ready;
    setTimeout(ready, gatheringTime);
  }

  #progress(originator, response) {
    if (originator !== 'remote' || this.state === 'early') return;
    this.#move(response.body ? 'early' : 'ringing');
  }

  #accepted({ call_id: callId, from_tag: localTag, to_tag: remoteTag }) {
    this.dialog = { callId, localTag, remoteTag };
  }

  #up() {
    if (this.state === 'up') return;
    this.startedAt = Date.now();
    this.#move('up');
  }

  #held(originator, held) {
    this.hold[originator === 'local' ? 'local' : 'remote'] = held;
    this.#tell();
  }

  #ended(end) {
    if (this.transfer?.done) {
      this.#finish({ words: `${this.peer.name} talks to ${this.transfer.name} now.`, failed: false, status: 0 });
      return;
    }
    const { words, failed } = wordsForEnd(end, { peer: this.peer.name });
    const missed = this.direction === 'incoming' && !this.startedAt && isMissed(end);
    this.#finish({ words, failed, missed, status: end.message?.status_code ?? 0 });
  }

  #finish(end) {
    closeMicrophone(this.#microphone);
    this.end = end;
    if (this.startedAt) this.endedAt = Date.now();
    this.#move('over');
  }

  #move(state) {
    if (this.over) return;
    this.state = state;
    this.#tell();
  }

  #tell() {
    this.#listener.changed(this);
  }
}
