import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keptCall } from '../src/kept.js';
import { FakeMicrophone, FakeSession, response } from './fakes.js';
import { answer, several } from './several.js';

/** What the browser asks, until the user allows it. */
function question() {
  let allow;
  const promise = new Promise((resolve) => (allow = resolve));
  return { promise, allow };
}

const names = (list) => list.map(({ peer }) => peer.name);

test('a second call puts the first on hold, and they swap', async () => {
  const { calls, sessions } = several();
  await calls.dial('bob');
  answer(sessions[0]);
  await calls.dial('carol');
  assert.deepEqual(sessions[0].asked, [['hold']]);
  assert.equal(calls.active.peer.name, 'carol');
  assert.equal(calls.free, false, 'one is set up at a time');
  answer(sessions[1]);
  sessions[0].agree();
  calls.switchTo(calls.waiting[0]);
  assert.equal(calls.active.peer.name, 'bob');
  assert.deepEqual(names(calls.waiting), ['carol']);
  assert.deepEqual(sessions[0].asked.at(-1), ['unhold']);
  assert.deepEqual(sessions[1].asked.at(-1), ['hold']);
});

test('no swap while the service is away', async () => {
  const { calls, line, sessions } = several();
  await calls.dial('bob');
  answer(sessions[0]);
  await calls.dial('carol');
  answer(sessions[1]);
  line.connected = false;
  calls.switchTo(calls.waiting[0]);
  assert.equal(calls.active.peer.name, 'carol');
});

test('a call that comes in while we talk waits, and is answered', async () => {
  const { calls, sessions } = several();
  await calls.dial('bob');
  answer(sessions[0]);
  const caller = new FakeSession();
  calls.receive(caller, {});
  assert.equal(calls.active.peer.name, 'bob');
  assert.deepEqual(names(calls.others), ['Bob']);
  await calls.answer(calls.others[0]);
  assert.equal(caller.asked[0][0], 'answer');
  assert.deepEqual(sessions[0].asked, [['hold']]);
  assert.equal(calls.active.peer.name, 'Bob');
});

test('a call that rings comes to the front when the other is over', async () => {
  const { calls, sessions } = several();
  await calls.dial('carol');
  answer(sessions[0]);
  await calls.dial('dave');
  answer(sessions[1]);
  calls.receive(new FakeSession(), {});
  sessions[1].emit('ended', { originator: 'remote', cause: 'Terminated', message: null });
  assert.equal(calls.active.peer.name, 'Bob');
  calls.decline();
  assert.equal(calls.active.peer.name, 'carol');
});

test('the fifth call hears busy', () => {
  const { calls } = several();
  for (let i = 0; i < 4; i++) calls.receive(new FakeSession(), {});
  const fifth = new FakeSession();
  calls.receive(fifth, {});
  assert.deepEqual(fifth.asked, [['terminate', 486]]);
  assert.equal(calls.list.length, 4);
});

test('two of three are connected', async () => {
  const { calls, sessions } = several();
  for (const name of ['bob', 'carol', 'dave']) {
    await calls.dial(name);
    answer(sessions.at(-1));
  }
  calls.connect(calls.list[0]);
  assert.deepEqual(sessions[0].asked.at(-1), ['refer', 'sip:dave@localhost', sessions[2]]);
  assert.equal(sessions[1].asked.length, 1, 'carol waits on');
});

test('what another page left is taken back as it was', async () => {
  const { calls, sessions, heard } = several();
  const left = (name, more) => ({
    direction: 'outgoing',
    peer: { name, address: `${name}@localhost` },
    dialog: { callId: `call of ${name}`, localTag: 'mine', remoteTag: 'theirs' },
    startedAt: 5,
    keys: '1#',
    muted: false,
    held: false,
    seen: 'other',
    active: false,
    ...more,
  });
  const kept = [left('bob', { held: true }), left('carol', { muted: true, active: true })];
  calls.resume(kept);
  assert.equal(calls.active.peer.name, 'carol');
  assert.equal(calls.active.state, 'resuming');
  const again = calls.list.map((call) => keptCall(call, call === calls.active));
  assert.deepEqual(again, kept, 'one more reload loses nothing');
  await new Promise(setImmediate);
  const [bob, carol] = sessions;
  assert.deepEqual(bob.options.extraHeaders, ['Replaces: call of bob;to-tag=theirs;from-tag=mine']);
  assert.equal(bob.uri, 'sip:alice@localhost');
  const offer = { originator: 'local', sdp: 'a=sendrecv' };
  bob.emit('sdp', offer);
  assert.equal(offer.sdp, 'a=sendonly', 'who was on hold does not hear us in between');
  answer(bob);
  answer(carol);
  assert.deepEqual(bob.asked, [['hold']]);
  assert.deepEqual(carol.asked, [['mute']]);
  assert.equal(calls.active.startedAt, 5);
  assert.equal(calls.active.keys, '1#');
  assert.deepEqual(heard, []);
});

test('a call that cannot be taken back says why', async () => {
  const { calls, sessions, said } = several();
  const dialog = { callId: 'x', localTag: 'mine', remoteTag: 'theirs' };
  calls.resume([{ direction: 'incoming', peer: { name: 'bob', address: 'bob@localhost' }, dialog, startedAt: 1 }]);
  await new Promise(setImmediate);
  sessions[0].emit('failed', { originator: 'remote', cause: 'Dialog Error', message: response(481) });
  assert.match(said[0], /^The call no longer exists\./);
  assert.equal(calls.active, null);
});

test('what is left of a call', async () => {
  const { calls, sessions } = several();
  await calls.dial('bob');
  assert.equal(keptCall(calls.active, true), null, 'it only rings');
  answer(sessions[0]);
  const { startedAt, ...rest } = keptCall(calls.active, true);
  assert.ok(startedAt > 0);
  assert.deepEqual(rest, {
    direction: 'outgoing',
    peer: { name: 'bob', address: 'bob@localhost' },
    dialog: { callId: 'call-1', localTag: 'mine', remoteTag: 'theirs' },
    keys: '',
    muted: false,
    held: false,
    seen: 'no',
    active: true,
  });
});

test('a camera that is allowed after the end of the call is closed', async () => {
  const { calls, sessions } = several();
  await calls.dial('bob');
  answer(sessions[0]);
  const camera = new FakeMicrophone();
  const { promise, allow } = question();
  const shown = calls.devices.togglePicture(calls.active, 'camera', () => promise);
  sessions[0].emit('ended', { originator: 'remote', cause: 'Terminated', message: null });
  allow(camera);
  await shown;
  assert.equal(camera.open, false);
});

test('an unplugged microphone gives way to another', async () => {
  const { calls, sessions, said, microphones } = several();
  await calls.dial('bob');
  answer(sessions[0]);
  sessions[0].connection.sender.track.enabled = false;
  microphones[0].track.dispatchEvent(new Event('ended'));
  await new Promise(setImmediate);
  assert.equal(sessions[0].connection.sender.track, microphones[1].track);
  assert.equal(microphones[1].track.enabled, false, 'muted as before');
  assert.equal(said.at(-1), 'The microphone was unplugged. Another one is used now.');
  microphones.none = true;
  microphones[1].track.dispatchEvent(new Event('ended'));
  await new Promise(setImmediate);
  assert.match(said.at(-1), /^The microphone was unplugged. bob does not hear you/);
  assert.equal(calls.active.state, 'up');
});

test('another microphone is chosen in a call', async () => {
  const { calls, sessions, said, microphones } = several();
  await calls.dial('bob');
  answer(sessions[0]);
  await calls.devices.changeMicrophone(calls.list);
  assert.equal(sessions[0].connection.sender.track, microphones[1].track);
  assert.equal(microphones[0].open, false);
  calls.hangUp();
  assert.equal(microphones[1].open, false);
  microphones.none = true;
  await calls.dial('bob');
  assert.equal(said.at(-1), 'No microphone was found.');
});

test('a service is asked for by its name', async () => {
  const { calls, sessions } = several();
  await calls.dial('urn:service:sos.Fire');
  const request = { ruri: new URL('sip:service@localhost') };
  sessions[0].emit('sending', { request });
  assert.equal(String(request.ruri), 'urn:service:sos.fire');
  assert.ok(request.ruri instanceof URL);
  assert.deepEqual(calls.active.peer, { name: 'urn:service:sos.fire', address: 'urn:service:sos.fire' });
  calls.hangUp();
  await calls.dial('urn:isbn:1');
  assert.equal(sessions.length, 1);
});
