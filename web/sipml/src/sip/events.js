// @ts-check

/**
 * What becomes of a session, without JsSIP's ways of telling it.
 * @typedef {object} Handlers
 * @property {(connection: RTCPeerConnection) => void} attached to a new PeerConnection
 * @property {(request: any) => void} sending the INVITE, which may still be changed
 * @property {(response: any) => void} earlyMedia a provisional response whose SDP is in force
 * @property {(response: any) => void} accepted by a response; null if by us
 * @property {(isHeld: boolean, offer: any) => void} heldByRemote or no longer
 * @property {(request: any) => void} referred elsewhere
 * @property {(request: any) => void} informed by INFO
 * @property {(words: string) => void} badMedia an SDP, or an ICE server, that the browser refuses
 * @property {(cause: string) => void} ended after it was accepted; the cause is JsSIP's
 * @property {(failure: { originator: string, message: any, cause: string }) => void} failed before that
 */

/**
 * @param {any} session an InviteSession
 * @param {Handlers} handlers
 */
export function listenTo(session, handlers) {
  /** The last offer of the other party. @type {any} */
  let offer = null;
  const keep = (/** @type {any} */ { request }) => {
    offer = request;
  };
  const informed = (/** @type {any} */ { originator, request }) =>
    originator === 'remote' && handlers.informed(request);
  session.onRefer = handlers.referred;
  session.on('peerconnection', (/** @type {any} */ { peerconnection }) => handlers.attached(peerconnection));
  session.on('sending', (/** @type {any} */ { request }) => handlers.sending(request));
  session.on('progress', (/** @type {any} */ { response }) => response?.body && handlers.earlyMedia(response));
  session.on('accepted', (/** @type {any} */ { response }) => handlers.accepted(response));
  session.on('reinvite', keep);
  session.on('update', keep);
  session.on('hold', () => handlers.heldByRemote(true, offer));
  session.on('unhold', () => handlers.heldByRemote(false, offer));
  session.on('newInfo', informed);
  session.on('newDTMF', informed);
  session.on('peerconnection:setremotedescriptionfailed', (/** @type {Error} */ { message }) =>
    handlers.badMedia(message),
  );
  session.on('badservers', (/** @type {Error} */ { message }) => handlers.badMedia(message));
  session.on('ended', (/** @type {any} */ { cause }) => handlers.ended(cause));
  session.on('failed', (/** @type {any} */ failure) => handlers.failed(failure));
}

/**
 * Tells whether a caller cancels because he was answered at another place (RFC 3326), which sipML5 does not tell from
 * one who calls no more.
 * @param {any} request the CANCEL, if one came
 */
export function isAnsweredElsewhere(request) {
  const reason = request?.parseHeader?.('reason');
  return reason?.protocol === 'sip' && reason.cause === 200;
}
