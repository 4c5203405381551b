// @ts-check
import { limitBandwidth } from '../media/bandwidth.js';
import { holdIn } from '../media/direction.js';
import { RTCSession } from './jssip.js';

/** Candidates that take longer are not waited for, in milliseconds: a dead STUN server takes forty seconds. */
const gatheringLimit = 2000;

const { C } = RTCSession;

/** @param {RTCPeerConnection} connection @param {boolean} isRestart whether it only begins now */
function gathered(connection, isRestart) {
  if (connection.iceGatheringState === 'complete' && !isRestart) return Promise.resolve();
  return new Promise((resolve) => {
    const look = () => connection.iceGatheringState === 'complete' && done();
    const timer = setTimeout(() => done(), gatheringLimit);
    function done() {
      clearTimeout(timer);
      connection.removeEventListener('icegatheringstatechange', look);
      resolve(undefined);
    }
    connection.addEventListener('icegatheringstatechange', look);
  });
}

/**
 * JsSIP's session, without its habits that sipML5 does not have: it ended a call whose hold was refused or whose
 * request met a lost connection, answered offers as if it did not hold, waited for candidates without limit, and left a 200 that crossed its CANCEL alone.
 */
export class InviteSession extends RTCSession {
  /** @param {any} agent */
  constructor(agent) {
    super(agent);
  }

  /** Whether our offers hold the other party. */
  isHolding = false;
  /** In kbit/s, by kind: what the far end may send. @type {{ audio?: number, video?: number }} */
  bandwidth = {};
  /** Told of each response to the first INVITE, before anything is done about it. @type {(response: any) => void} */
  onResponse = () => {};
  /** Told of a REFER; it has to be answered. @type {((request: any) => void) | undefined} */
  onRefer;
  /** Told of each request in the dialog, but ACK: of ours, or of one that came. @type {(request: any, isOurs: boolean) => void} */
  onRequest = () => {};
  /** Lets an open offer fail. @type {((reason: Error) => void) | undefined} */
  #giveUp;

  /** @param {any} response */
  _receiveInviteResponse(response) {
    const isCancelled = this._status === C.STATUS_CANCELED || (this._status === C.STATUS_TERMINATED && !this._dialog);
    this.onResponse(response);
    if (isCancelled && !this._is_canceled && response.status_code >= 200 && response.status_code < 300) {
      this._acceptAndTerminate(response);
      return;
    }
    super._receiveInviteResponse(response);
  }

  /** @param {'offer' | 'answer'} type @param {RTCOfferOptions} [constraints] @returns {Promise<string>} SDP to send */
  async _createLocalDescription(type, constraints) {
    const connection = /** @type {RTCPeerConnection} */ (this._connection);
    this._rtcReady = false;
    try {
      const description =
        type === 'offer' ? await connection.createOffer(constraints ?? {}) : await connection.createAnswer();
      await connection.setLocalDescription(description);
      await gathered(connection, Boolean(constraints?.iceRestart));
    } finally {
      this._rtcReady = true;
    }
    return limitBandwidth(connection.localDescription?.sdp ?? '', this.bandwidth);
  }

  /**
   * When the way of the media is gone, another one is looked for, once; JsSIP hangs up at once.
   * @param {RTCConfiguration} configuration
   */
  _createRTCConnection(configuration) {
    const connection = this.#connectionOf(configuration);
    Object.assign(this, { _connection: connection });
    connection.addEventListener('iceconnectionstatechange', () => {
      if (connection.iceConnectionState === 'connected') this.#hasRestarted = false;
      if (connection.iceConnectionState === 'failed') this.#mediaLost();
    });
    this.emit('peerconnection', { peerconnection: connection });
  }

  /** ICE servers that the browser takes for none are told of, and done without. @param {RTCConfiguration} configuration */
  #connectionOf(configuration) {
    try {
      return new RTCPeerConnection(configuration);
    } catch (error) {
      this.emit('badservers', error);
      return new RTCPeerConnection({ ...configuration, iceServers: [] });
    }
  }

  #hasRestarted = false;

  #mediaLost() {
    const canRestart = !this.#hasRestarted && this._ua.isConnected();
    this.#hasRestarted = true;
    if (canRestart && this.renegotiate({ rtcOfferConstraints: { iceRestart: true } })) return;
    if (!this.isEnded()) this.terminate({ cause: 'RTP Timeout', status_code: 408, reason_phrase: 'RTP Timeout' });
  }

  /**
   * An offer that holds says so in its text alone: the browser hears nothing any more after it has taken back an offer
   * to receive nothing.
   * @param {string} sdp
   */
  _mangleOffer(sdp) {
    return this.isHolding ? holdIn(sdp) : sdp;
  }

  /** Who mutes tracks is the call. */
  _setLocalMediaStatus() {}

  /** A call outlives its connection: the far end, and the media, are still there. */
  onTransportError() {
    if (this._status === C.STATUS_CONFIRMED || this._status === C.STATUS_WAITING_FOR_ACK) {
      this.#giveUp?.(new Error('connection lost'));
    } else {
      super.onTransportError();
    }
  }

  /** @param {string} method @param {object} [options] */
  sendRequest(method, options) {
    const request = /** @type {any} */ (super.sendRequest(method, options));
    if (request && method !== 'ACK') this.onRequest(request, true);
    return request;
  }

  /** @param {any} request */
  receiveRequest(request) {
    if (request.method !== 'ACK') this.onRequest(request, false);
    super.receiveRequest(request);
  }

  /** @param {any} request */
  _receiveRefer(request) {
    if (request.refer_to && this.onRefer) this.onRefer(request);
    else request.reply(request.refer_to ? 603 : 400);
  }

  /**
   * Sends an offer of what the transceivers now say, and gives the response. Throws the response that refuses, or an
   * Error; the offer is taken back then.
   * @param {string[]} [extraHeaders]
   * @returns {Promise<any>}
   */
  async reoffer(extraHeaders = []) {
    if (!this.isReadyToReOffer()) throw new Error('another offer is open');
    try {
      return await new Promise((succeeded, reject) => {
        this.#giveUp = reject;
        const failed = (/** @type {any} */ response) => reject(response ?? new Error('no answer'));
        this._sendReinvite({ extraHeaders, eventHandlers: { succeeded, failed } });
      });
    } catch (refusal) {
      if (this._connection.signalingState === 'have-local-offer') {
        await this._connection.setLocalDescription({ type: 'rollback' });
      }
      throw refusal;
    } finally {
      this.#giveUp = undefined;
    }
  }
}
