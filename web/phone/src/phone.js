// The phone: one line, a call, at most one that waits beside it, and what the user may do with them. It knows nothing of the page.
import { accountFrom, addressURI } from './account.js';
import { Call } from './call.js';
import { clock } from './duration.js';
import { Journal } from './journal.js';
import { Line } from './line.js';
import { openMicrophone } from './microphone.js';
import { peerFromTyped, peerOf } from './peer.js';

/** What the phone needs from outside; tests give their own. */
const real = {
  makeLine: (webSocket, account, listener) => new Line(webSocket, account, listener),
  openMicrophone,
};

export class Phone {
  /** The line, or null before the first registration. */
  line = null;
  /** The call, or null. */
  call = null;
  /** The call that is on hold while somebody is asked whether to take it; null if there is none. */
  waiting = null;
  /** What the user should read now: { words, kind: 'plain' or 'bad', about: 'line' or 'call' }; null if nothing. */
  message = null;
  journal = new Journal(() => this.#changed());

  #changed;
  #sound;
  #refused;
  #ended;
  #trace;
  #outside;

  /**
   * changed is called after every change, sound with what the other side sends, refused with an account that
   * the service does not take while there is no call, ended with each call that is over, trace with each SIP message
   * and its way.
   */
  constructor({ changed, sound, refused, ended, trace }, outside = real) {
    this.#changed = changed;
    this.#sound = sound;
    this.#refused = refused;
    this.#ended = ended;
    this.#trace = trace;
    this.#outside = outside;
  }

  /** Registers with what the form holds; gives the account, or null if it cannot be one. */
  register(webSocket, typed) {
    this.unregister();
    try {
      const account = accountFrom(typed);
      this.#say(null);
      this.line = this.#outside.makeLine(webSocket, account, {
        changed: () => this.#lineChanged(),
        incoming: (session, request) => this.#incoming(session, request),
        trace: this.#trace,
      });
      this.line.start();
      return account;
    } catch (error) {
      this.line = null;
      this.#say(error.message, 'bad', 'line');
      return null;
    }
  }

  /** Tells the user what stands in the way before there is a line. */
  complain(words) {
    this.#say(words, 'bad', 'line');
  }

  /** Ends the call, if any, and takes the registration back. */
  unregister() {
    this.waiting?.hangUp();
    this.call?.hangUp();
    const { line } = this;
    this.line = null;
    line?.stop();
    this.#say(null);
  }

  /** Whether the user has an account that works, even if the service is away for a moment. */
  get signedIn() {
    return Boolean(this.call) || Boolean(this.line?.wasRegistered && this.line.state !== 'failed');
  }

  /** Whether a call can be placed now. */
  get ready() {
    return this.line?.state === 'registered' && !this.call;
  }

  /** Calls what was typed; resolves when the call is on its way, or over. */
  async dial(typed) {
    if (this.ready && typed.trim()) await this.#place(typed);
  }

  /** Sends the other side to what was typed, without asking there. */
  transfer(typed) {
    const peer = this.#transferable(typed);
    if (!peer) return;
    const uri = addressURI(typed.trim(), this.line.account.domain);
    if (!uri) this.#say(`${typed} is not an address.`, 'bad');
    else this.call.sendTo(uri, peer.name);
  }

  /** Puts the call on hold and calls what was typed, to ask whether to connect them. */
  async consult(typed) {
    if (!this.#transferable(typed) || this.waiting) return;
    this.call.setHold(true);
    this.waiting = this.call;
    await this.#place(typed);
  }

  /** Makes one call of the two, without us. */
  connect() {
    const { waiting, call, line } = this;
    if (!waiting || call?.state !== 'up' || !line?.connected) return;
    waiting.sendTo(addressURI(call.peer.address, line.account.domain), call.peer.name, call);
  }

  #transferable(typed) {
    const can = this.line?.connected && this.call?.state === 'up' && !this.call.transfer && typed.trim();
    return can ? peerFromTyped(typed, this.line.account.domain) : null;
  }

  async #place(typed) {
    const { line } = this;
    const call = this.#begin('outgoing', peerFromTyped(typed, line.account.domain));
    this.journal.write(`Calling ${call.peer.name}`);
    const uri = addressURI(typed.trim(), line.account.domain);
    if (!uri) {
      call.fail(`${typed} is not an address.`);
      return;
    }
    try {
      call.place(await this.#outside.openMicrophone(), (options) => line.call(uri, options));
    } catch (error) {
      call.fail(error.message);
    }
  }

  /** Answers the call that rings; without a microphone it rings on. */
  async answer() {
    const { call } = this;
    if (call?.state !== 'incoming') return;
    call.accept();
    this.#say(null);
    try {
      call.answer(await this.#outside.openMicrophone());
    } catch (error) {
      this.#say(error.message, 'bad');
      call.ringOn();
    }
  }

  decline() {
    if (this.call?.state === 'incoming') this.call.decline();
  }

  hangUp() {
    this.call?.hangUp();
  }

  /** Mutes the microphone, or gives it back. */
  toggleMute() {
    this.call?.setMuted(!this.call.muted);
  }

  /** Holds the call, or resumes it; not while the service is away, since JsSIP would end the call. */
  toggleHold() {
    if (this.line?.connected) this.call?.setHold(!this.call.hold.local);
  }

  /** Sends a key into the call; tells whether it could go out. */
  sendKey(key) {
    return this.call?.sendKey(key) ?? false;
  }

  #begin(direction, peer) {
    this.#say(null);
    this.call = new Call(direction, peer, {
      changed: (call) => this.#callChanged(call),
      sound: this.#sound,
    });
    return this.call;
  }

  /** One call at a time: a second one hears busy (RFC 3261 section 21.4.24). */
  #incoming(session, request) {
    const peer = peerOf(session.remote_identity);
    if (this.call) {
      session.terminate({ status_code: 486 });
      this.journal.write(`${peer.name} called and heard that you are busy`);
      return;
    }
    this.#begin('incoming', peer).receive(session, request);
    this.journal.write(`${peer.name} is calling`, 'plain', peer.address);
    this.#changed();
  }

  #lineChanged() {
    const { line } = this;
    if (!line) return;
    if (line.state === 'registered') {
      this.journal.write(`Registered as ${line.account.name}@${line.account.domain}`, 'good');
    }
    if (line.words) this.journal.write(line.words, 'bad', line.refused ? `status ${line.refused}` : '');
    const goesOn = line.state === 'lost' && this.call?.state === 'up' ? ' The call goes on meanwhile.' : '';
    if (line.words || this.message?.about === 'line') this.#say(line.words + goesOn, 'bad', 'line');
    this.#changed();
    if (line.refused && !this.call) this.#refused(line.account);
  }

  #callChanged(call) {
    if (call.over && (call === this.call || call === this.waiting)) this.#callOver(call);
    else if (call.notSent) this.#stays(call);
    else if (call.state === 'up' && (call === this.call || call.transfer)) this.#writeUp(call);
    this.#changed();
  }

  #stays(call) {
    const { notSent } = call;
    call.notSent = '';
    this.journal.write(notSent, 'bad');
    this.#say(notSent, 'bad');
  }

  /** The journal does not say the same thing twice in a row, so only news is written. */
  #writeUp({ peer, hold, transfer, interrupted, dialog }) {
    if (transfer) this.journal.write(`Sending ${peer.name} to ${transfer.name}`);
    else if (interrupted) this.journal.write('The sound is interrupted', 'bad');
    else if (hold.local) this.journal.write(`You put ${peer.name} on hold`);
    else if (hold.remote) this.journal.write(`${peer.name} put you on hold`);
    else this.journal.write(`Connected with ${peer.name}`, 'good', dialog ? `Call-ID ${dialog.callId}` : '');
  }

  #callOver(call) {
    this.#ended(call);
    const connecting = this.waiting?.transfer;
    if (call === this.waiting) this.waiting = null;
    else this.#goBack();
    if (connecting && !call.transfer) return; // the bridge has ended it: the other one tells how it went
    const { words, failed, status } = call.end;
    const talked = call.startedAt ? `${words} Talked ${clock(call.endedAt - call.startedAt)}.` : words;
    const detail = [status && `status ${status}`, call.dialog && `Call-ID ${call.dialog.callId}`];
    this.journal.write(talked, failed ? 'bad' : 'plain', detail.filter(Boolean).join(', '));
    this.#say(talked, failed ? 'bad' : 'plain');
  }

  /** Shows the call that waits, if there is one, again. */
  #goBack() {
    this.call = this.waiting;
    this.waiting = null;
    if (this.call?.sound) this.#sound(this.call.sound);
  }

  #say(words, kind = 'plain', about = 'call') {
    this.message = words ? { words, kind, about } : null;
    this.#changed();
  }
}
