import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Call } from '../src/call.js';
import { FakeClock, FakeMicrophone, FakeSession, response } from './fakes.js';

const peer = { name: 'bob', address: 'bob@localhost' };

function newCall(direction) {
  const told = { states: [], sounds: [], broken: [] };
  const call = new Call(direction, peer, {
    changed: ({ state }) => told.states.push(state),
    sound: ({ media }) => told.sounds.push(media.sound),
    broken: () => told.broken.push(Date.now()),
  });
  return { call, told, session: new FakeSession(), microphone: new FakeMicrophone() };
}

function placed() {
  const made = newCall('outgoing');
  made.call.place(made.microphone, (options) => {
    made.options = options;
    return made.session;
  });
  return made;
}

function up() {
  const made = placed();
  made.session.emit('progress', { originator: 'remote', response: response(180) });
  made.session.emit('accepted', { originator: 'remote', response: response(200) });
  made.session.emit('confirmed', {});
  return made;
}

test('a call that goes out', () => {
  const { call, told, options, microphone } = up();
  assert.deepEqual(told.states, ['calling', 'ringing', 'up']);
  assert.equal(options.mediaStream, microphone);
  assert.deepEqual(options.pcConfig, { iceServers: [] });
  assert.deepEqual(call.dialog, { callId: 'call-1', localTag: 'mine', remoteTag: 'theirs' });
  assert.ok(call.startedAt > 0);
});

test('early sound stays early', () => {
  const { call, session } = placed();
  session.emit('progress', { originator: 'remote', response: response(183, { body: 'v=0' }) });
  assert.equal(call.state, 'early');
  session.emit('progress', { originator: 'remote', response: response(180) });
  assert.equal(call.state, 'early');
});

test('a call that comes in is answered', () => {
  const { call, told, session, microphone } = newCall('incoming');
  call.receive(session, { call_id: 'call-2', to_tag: 'mine', from_tag: 'theirs' });
  assert.deepEqual(call.dialog, { callId: 'call-2', localTag: 'mine', remoteTag: 'theirs' });
  session.emit('progress', { originator: 'local', response: null });
  call.accept();
  call.answer(microphone);
  assert.equal(session.asked[0][1].mediaStream, microphone);
  session.emit('accepted', { originator: 'local', response: null });
  session.emit('confirmed', {});
  assert.deepEqual(told.states, ['answering', 'up']);
});

test('without a microphone it rings on', () => {
  const { call, session } = newCall('incoming');
  call.receive(session, {});
  call.accept();
  call.accept(false);
  assert.equal(call.state, 'incoming');
});

test('declined', () => {
  const { call, session } = newCall('incoming');
  call.receive(session, {});
  call.decline();
  assert.deepEqual(session.asked, [['terminate', 603]]);
  assert.equal(call.end.words, 'You declined the call from bob.');
});

test('refused calls say why and let go of the microphone', () => {
  const { call, session, microphone } = placed();
  session.emit('failed', { originator: 'remote', cause: 'Busy', message: response(486) });
  assert.deepEqual(call.end, { words: 'bob is busy.', failed: true, missed: false, status: 486, callId: 'call-1' });
  assert.equal(microphone.open, false);
  assert.equal(call.endedAt, 0);
});

test('cancelled while the browser asks for the microphone', () => {
  const { call, session, microphone } = newCall('outgoing');
  call.hangUp();
  assert.equal(call.state, 'over');
  call.place(microphone, () => assert.fail('no call may go out'));
  assert.equal(microphone.open, false);
  assert.deepEqual(session.asked, []);
});

test('the caller gives up while the browser asks for the microphone', () => {
  const { call, session, microphone } = newCall('incoming');
  call.receive(session, {});
  call.accept();
  session.emit('failed', { originator: 'remote', cause: 'Canceled', message: null });
  call.answer(microphone);
  assert.equal(microphone.open, false);
  assert.deepEqual(session.asked, []);
});

test('who the other side has become is shown', () => {
  const { call, told, session } = up();
  const update = (party) => session.emit('update', { request: { getHeader: () => party } });
  const before = told.states.length;
  for (const nobody of [undefined, '', 'not an address']) update(nobody);
  assert.deepEqual([call.peer.name, told.states.length], ['bob', before]);
  update('"Carol C" <sip:carol@localhost>');
  assert.deepEqual(call.peer, { name: 'Carol C', address: 'carol@localhost' });
  update('<sip:echo@localhost>;screen=no');
  assert.deepEqual([call.peer.name, told.states.length], ['echo', before + 2]);
});

test('nothing follows the end', () => {
  const { call, told, session } = up();
  session.emit('ended', { originator: 'remote', cause: 'Terminated', message: null });
  const count = told.states.length;
  session.emit('progress', { originator: 'remote', response: response(180) });
  call.hangUp();
  call.fail('late');
  call.accept(false);
  assert.equal(call.end.words, 'bob hung up.');
  assert.equal(told.states.length, count);
});

test('mute', () => {
  const { call, session } = up();
  call.setMuted(true);
  assert.equal(call.muted, true);
  call.setMuted(false);
  assert.deepEqual(session.asked, [['mute'], ['unmute']]);
});

test('hold and resume, one at a time', () => {
  const { call, session } = up();
  call.setHold(true);
  assert.deepEqual({ ...call.hold }, { local: true, remote: false, changing: true });
  call.setHold(false);
  assert.deepEqual(session.asked, [['hold']], 'the first change is not agreed yet');
  session.agree();
  call.setHold(false);
  session.agree();
  assert.deepEqual({ ...call.hold }, { local: false, remote: false, changing: false });
  assert.deepEqual(session.asked, [['hold'], ['unhold']]);
});

test('a hold that JsSIP does not begin', () => {
  const { call, session } = up();
  session.refuseHold = true;
  call.setHold(true);
  assert.deepEqual({ ...call.hold }, { local: false, remote: false, changing: false });
});

test('the other side holds', () => {
  const { call, session } = up();
  session.emit('hold', { originator: 'remote' });
  assert.equal(call.hold.remote, true);
  session.emit('unhold', { originator: 'remote' });
  assert.equal(call.hold.remote, false);
});

test('keys go out as events, else as INFO, and only in a call', () => {
  const { call, session } = placed();
  assert.equal(call.sendKey('1'), false);
  session.emit('confirmed', {});
  assert.equal(call.sendKey('1'), true);
  session.connection.events = false;
  call.sendKey('#');
  assert.deepEqual(session.asked, [
    ['key', '1', 'RFC2833'],
    ['key', '#', 'INFO'],
  ]);
  assert.equal(call.keys, '1#');
});

test('gathering ends soon after the first candidate, and later with servers to ask', (t) => {
  const timers = [];
  t.mock.method(globalThis, 'setTimeout', (callback, milliseconds) => timers.push({ callback, milliseconds }));
  const { session } = placed();
  const ready = () => {};
  session.emit('icecandidate', { ready });
  session.emit('icecandidate', { ready });
  const readyAgain = () => {};
  session.connection.iceServers = [{ urls: 'stun:192.0.2.1' }];
  session.emit('icecandidate', { ready: readyAgain });
  assert.deepEqual(timers, [
    { callback: ready, milliseconds: 200 },
    { callback: readyAgain, milliseconds: 1000 },
  ]);
});

test('the sound of the other side', () => {
  const { told, session } = up();
  session.connection.dispatchEvent(Object.assign(new Event('track'), { streams: ['their stream'], track: {} }));
  assert.deepEqual(told.sounds, ['their stream']);
});

test('an interruption is told until it is mended, or the call is over', (t) => {
  const clock = new FakeClock(t);
  const { call, told, session } = up();
  const turn = (state) => {
    session.connection.iceConnectionState = state;
    session.connection.dispatchEvent(new Event('iceconnectionstatechange'));
  };
  turn('disconnected');
  assert.equal(call.interrupted, true);
  assert.equal(told.broken.length, 0, 'it may mend itself');
  clock.tick(3000);
  clock.tick(3000);
  assert.equal(told.broken.length, 2);
  turn('checking');
  assert.equal(call.interrupted, true, 'nothing gets through yet');
  clock.tick(8000);
  assert.equal(told.broken.length, 2, 'the new try has its time');
  turn('connected');
  assert.equal(call.interrupted, false);
  clock.tick(9000);
  assert.equal(told.broken.length, 2);
  turn('failed');
  clock.tick(0);
  assert.equal(told.broken.length, 3, 'this one never mends itself');
  session.emit('ended', { originator: 'remote', cause: 'Terminated', message: null });
  clock.tick(9000);
  assert.equal(told.broken.length, 3);
});

test('a new try to connect keeps the dialog', () => {
  const { call, session } = placed();
  call.renegotiate(true);
  assert.deepEqual(session.asked, [], 'not before it is up');
  session.emit('confirmed', {});
  call.renegotiate(true);
  assert.deepEqual(session.asked, [['restart']]);
});
