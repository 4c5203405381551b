// @ts-check
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { Call } from '../src/call.js';
import { targetOf } from '../src/sip/target.js';
import { IncomingSession, devices, invite, response, settled, startedCore, stream } from './fakes.js';

/** @type {ReturnType<typeof devices>} */
let questions;
beforeEach(() => void (questions = devices()));

/** A call that rings at us: { core, call, session, told, named }. */
function ringing() {
  const { core, told, named } = startedCore();
  const session = new IncomingSession();
  Call.ring(core, /** @type {any} */ (session), invite());
  const [call] = core.sessions.values();
  return { core, call, session, told, named };
}

test('who hangs up before he has allowed his microphone makes no call', async () => {
  const { core, told } = startedCore();
  const call = new Call(core);
  call.begin(targetOf('bob', 'example.org'));
  assert.equal(call.hangup(), 0);
  assert.deepEqual(told.slice(1), ['connecting', 'terminating', 'terminated']);
  const late = stream();
  questions[0].allow(late);
  await settled();
  assert.equal(late.track.isStopped, true, 'a microphone that comes too late stays on');
  assert.equal(call.hangup(), -1);
  assert.equal(core.sessions.size, 0);
});

test('a call that is accepted before the microphone is there waits for it', async () => {
  const { call, session, told } = ringing();
  assert.equal(call.accept(), 0);
  await settled();
  assert.deepEqual(session.done, []);
  questions[0].allow(stream());
  await settled();
  assert.deepEqual(session.done, ['answer']);
  session.emit('accepted', {});
  assert.deepEqual(told, ['m_permission_requested', 'i_new_call', 'm_permission_accepted', 'connected']);
});

test('a caller who gives up while the user is asked leaves nothing behind', async () => {
  const { core, session, told } = ringing();
  session.emit('failed', { originator: 'remote', message: null, cause: 'Canceled' });
  const late = stream();
  questions[0].allow(late);
  await settled();
  assert.equal(late.track.isStopped, true);
  assert.equal(told.filter((type) => type === 'terminated').length, 1);
  assert.equal(core.sessions.size, 0);
});

test('a microphone that is refused refuses the call', async () => {
  const { session, told } = ringing();
  questions[0].refuse(Object.assign(new Error('no'), { name: 'NotFoundError' }));
  await settled();
  assert.deepEqual(session.done, ['terminate 603']);
  assert.deepEqual(told.slice(2), ['m_permission_refused', 'webrtc_error', 'terminated']);
});

test('who answered at another place is told from who calls no more', () => {
  for (const [cause, description] of [
    [200, 'Call completed elsewhere'],
    [487, 'Request Cancelled'],
  ]) {
    const { core, session } = ringing();
    /** @type {string[]} */
    const heard = [];
    core.tell = (_, event) => void heard.push(/** @type {any} */ (event).description);
    const message = { ...invite(), method: 'CANCEL', parseHeader: () => ({ protocol: 'sip', cause }) };
    session.emit('failed', { originator: 'remote', message, cause: 'Canceled' });
    assert.deepEqual(heard, [description]);
  }
});

test('failures within have their events', () => {
  for (const [failure, events] of /** @type {[object, string[]]} */ ([
    [{ originator: 'local', message: null, cause: 'Connection Error' }, ['transport_error', 'terminated']],
    [{ originator: 'local', message: null, cause: 'Request Timeout' }, ['transport_error', 'terminated']],
    [{ originator: 'system', message: 'no answer made', cause: 'Internal Error' }, ['webrtc_error', 'terminated']],
  ])) {
    const { session, told, named } = ringing();
    session.emit('failed', failure);
    assert.deepEqual(told.slice(2), events);
    assert.equal(named.includes('global_error'), events.includes('webrtc_error'));
  }
});

test('a call whose media found no other way ends, and says so', async () => {
  const { session, told, call } = ringing();
  questions[0].allow(stream());
  call.accept();
  await settled();
  session.emit('accepted', {});
  session.emit('ended', { cause: 'RTP Timeout' });
  assert.deepEqual(told.slice(4), ['webrtc_error', 'terminated']);
});

test('a call of which a service that was restarted knows nothing ends', async () => {
  const { session, told, call } = ringing();
  call.connectionReturned();
  assert.deepEqual(session.done, [], 'nothing to ask for before it is answered');
  questions[0].allow(stream());
  call.accept();
  await settled();
  session.emit('accepted', {});
  call.connectionReturned();
  assert.deepEqual(session.done, ['answer', 'OPTIONS']);
  session.answers.onDialogError(response(408));
  assert.equal(call.conversation?.isConnected, true, 'silence is no answer');
  session.answers.onDialogError(response(481));
  assert.deepEqual(told.slice(4), ['terminated']);
});

test('a microphone that is unplugged is told of, and the call goes on', async () => {
  const { session, told, named, call } = ringing();
  const microphone = stream();
  questions[0].allow(microphone);
  call.accept();
  await settled();
  session.emit('accepted', {});
  assert.equal(call.mute('audio', true), 0);
  assert.equal(microphone.track.enabled, false);
  microphone.unplug();
  assert.deepEqual(told.slice(4), ['webrtc_error']);
  assert.deepEqual(named, ['media_added', 'media_removed']);
  assert.equal(call.conversation?.isConnected, true);
});

/** A REFER that waits for an answer: its codes are kept. @param {string[]} [replaces] */
function refer(replaces) {
  const codes = /** @type {number[]} */ ([]);
  return {
    codes,
    method: 'REFER',
    getHeader: () => undefined,
    getHeaders: () => [],
    refer_to: { uri: { getHeader: () => replaces } },
    reply: (/** @type {number} */ code) => codes.push(code),
  };
}

for (const [name, replaces] of Object.entries({
  'a line of its own': 'a%0D%0AEvil%3A%201',
  'no text': '%E0%A4',
  nul: '%00',
})) {
  test(`a transfer whose Replaces decodes to ${name} is refused, and the page not asked`, () => {
    const { call, session, told } = ringing();
    const request = refer([replaces]);
    /** @type {any} */ (session).onRefer(request);
    assert.deepEqual(request.codes, [400]);
    assert.equal(call.acceptTransfer(), -1);
    assert.ok(!told.includes('i_ect_requested'));
  });
}

test('a transfer that is asked for twice is refused once, and at the end of the call', () => {
  const { call, session, told } = ringing();
  const [first, second] = [refer(), refer()];
  /** @type {any} */ (session).onRefer(first);
  /** @type {any} */ (session).onRefer(second);
  assert.deepEqual(second.codes, [491]);
  session.emit('ended', { cause: 'Terminated' });
  assert.deepEqual(first.codes, [603]);
  assert.equal(call.acceptTransfer(), -1);
  assert.ok(told.includes('i_ect_requested'));
});
