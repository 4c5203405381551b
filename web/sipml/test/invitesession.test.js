// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { holdIn } from '../src/media/direction.js';
import { InviteSession } from '../src/sip/invitesession.js';

const agent = () => ({ configuration: { session_timers: false }, destroyRTCSession() {}, isConnected: () => true });

test('a 200 that crosses our CANCEL is acknowledged, and its dialog ended', () => {
  const session = /** @type {any} */ (new InviteSession(agent()));
  /** @type {number[]} */
  const released = [];
  session._acceptAndTerminate = (/** @type {{ status_code: number }} */ { status_code: code }) => released.push(code);
  session._status = session.C.STATUS_1XX_RECEIVED;
  session._request = { cancel() {} };
  session.terminate();
  session._receiveInviteResponse({ status_code: 487 });
  assert.deepEqual(released, []);
  session._receiveInviteResponse({ status_code: 200 });
  assert.deepEqual(released, [200]);
});

test('a call that stands outlives a request that met a lost connection', () => {
  const session = /** @type {any} */ (new InviteSession(agent()));
  let ended = 0;
  session.terminate = () => ended++;
  session._status = session.C.STATUS_CONFIRMED;
  session.onTransportError();
  assert.equal(ended, 0);
  session._status = session.C.STATUS_INVITE_SENT;
  session.onTransportError();
  assert.equal(ended, 1);
});

test('media that lost their way look for another one, once', () => {
  const connections = /** @type {EventTarget[]} */ ([]);
  class Connection extends EventTarget {
    iceConnectionState = 'failed';
    constructor() {
      super();
      connections.push(this);
    }
  }
  Object.assign(globalThis, { RTCPeerConnection: Connection });
  const session = /** @type {any} */ (new InviteSession(agent()));
  /** @type {string[]} */
  const done = [];
  session.renegotiate = (/** @type {any} */ { rtcOfferConstraints: { iceRestart } }) =>
    done.push(`restart ${iceRestart}`);
  session.terminate = (/** @type {any} */ { cause }) => done.push(cause);
  session._createRTCConnection({});
  for (let i = 0; i < 2; i++) connections[0].dispatchEvent(new Event('iceconnectionstatechange'));
  assert.deepEqual(done, ['restart true', 'RTP Timeout']);
});

test('a REFER that nobody hears is declined, and one that says no target is bad', () => {
  const session = /** @type {any} */ (new InviteSession(agent()));
  const answerTo = (/** @type {object | undefined} */ target) => {
    let code = 0;
    session._receiveRefer({ refer_to: target, reply: (/** @type {number} */ given) => (code = given) });
    return code;
  };
  assert.equal(answerTo({}), 603);
  assert.equal(answerTo(undefined), 400);
});

test('an offer that holds says so for each of its directions', () => {
  const offer =
    'v=0\r\na=sendrecv\r\nm=audio 9 A 0\r\na=sendrecv\r\nm=video 9 A 96\r\na=recvonly\r\nm=video 9 A 96\r\na=inactive\r\n';
  const held =
    'v=0\r\na=sendonly\r\nm=audio 9 A 0\r\na=sendonly\r\nm=video 9 A 96\r\na=inactive\r\nm=video 9 A 96\r\na=inactive\r\n';
  assert.equal(holdIn(offer), held);
  assert.equal(holdIn(held), held);
});
