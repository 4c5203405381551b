import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';
import { Calls } from '../src/calls.js';
import { FakeAgent, FakeSession, newStream, settle } from './fakes.js';

let agent, told, calls, stream, properties, opened, received, screen;

beforeEach(() => {
  agent = new FakeAgent();
  told = [];
  received = [];
  opened = [];
  stream = newStream(['audio', 'video']);
  properties = { recording: false, microphone: true, camera: true, gain: 0.5, cameraBandwidth: 0, bufferTime: -1 };
  screen = { play() {} };
  calls = new Calls(agent, 'test', hooks());
});

function hooks() {
  return {
    tell: (method, args) => told.push([method, ...args]),
    received: (text) => received.push(text),
    opened: () => calls.refresh(),
    wishes: (name) => properties[name] ?? null,
    screen,
    devices: {
      open: async (wanted) => {
        opened.push(wanted);
        return stream;
      },
    },
  };
}

async function invite(...words) {
  calls.command('invite', ['bob', ...words]);
  await settle();
  return agent.sessions.at(-1);
}

test('invite rings, is accepted and byed', async () => {
  const session = await invite();
  assert.deepEqual(agent.targets, ['sip:bob@test']);
  session.emit('progress', { originator: 'remote', response: { status_code: 180, reason_phrase: 'Ringing' } });
  session.emit('confirmed');
  session.emit('ended', { originator: 'remote' });
  assert.deepEqual(told, [['ringing', '180 Ringing'], ['accepted'], ['byed']]);
  assert.equal(stream.getTracks()[0].stopped, true);
});

test('a relay that is silent delays a call by a second, and not longer', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.after(() => mock.timers.reset());
  const ready = [];
  const gather = (session, each) => {
    const isReady = () => ready.push(each);
    session.emit('icecandidate', { ready: isReady });
    session.emit('icecandidate', { ready: isReady });
  };
  gather(await invite(), 'offer');
  mock.timers.tick(999);
  assert.deepEqual(ready, []);
  mock.timers.tick(1);
  assert.deepEqual(ready, ['offer']);
  calls.command('bye', []);
  const rings = new FakeSession();
  calls.ring(rings);
  gather(rings, 'answer');
  mock.timers.tick(1000);
  assert.deepEqual(ready, ['offer', 'answer']);
});

test('a call that rings in vain leaves the sound of the other one', async () => {
  const heard = [];
  screen.play = (each) => heard.push(each);
  const up = await invite();
  const connection = new EventTarget();
  up.emit('peerconnection', { peerconnection: connection });
  connection.dispatchEvent(Object.assign(new Event('track'), { streams: ['voice'] }));
  up.emit('confirmed');
  const second = new FakeSession();
  calls.ring(second);
  second.emit('failed', { originator: 'remote', cause: 'Canceled' });
  assert.deepEqual(heard, ['voice']);
  up.emit('ended', { originator: 'remote' });
  assert.deepEqual(heard, ['voice', null]);
});

test('who names codecs hears which', async () => {
  (await invite('wideband')).emit('confirmed');
  assert.deepEqual(told, [['accepted', 'default', null]]);
});

test('who names codecs of sound alone sends no pictures', async () => {
  await invite('wideband', 'pcmu');
  await settle();
  calls.command('bye', []);
  await invite('wideband', 'h264');
  calls.command('bye', []);
  await invite();
  assert.deepEqual(
    opened.map(({ video }) => video),
    [false, true, true],
  );
});

test('microphone and camera follow the properties, also after a hold', async () => {
  const session = await invite();
  session.emit('confirmed');
  const [sound, pictures] = stream.getTracks();
  assert.deepEqual([sound.enabled, pictures.enabled], [false, false]);
  properties.recording = true;
  properties.camera = false;
  calls.refresh();
  assert.deepEqual([sound.enabled, pictures.enabled], [true, false]);
  properties.microphone = false;
  calls.refresh();
  sound.enabled = true; // as JsSIP does
  session.emit('unhold', { originator: 'local' });
  assert.equal(sound.enabled, false);
});

test('bandwidth and buffer go to the connection', async () => {
  const limits = [];
  const sender = {
    track: { kind: 'video' },
    getParameters: () => ({ encodings: [{}] }),
    setParameters: async ({ encodings: [{ maxBitrate }] }) => limits.push(maxBitrate),
  };
  const receiver = { jitterBufferTarget: null };
  const session = await invite();
  session.connection = { getTransceivers: () => [{ sender, receiver }] };
  properties.cameraBandwidth = 16000;
  properties.bufferTime = 0.2;
  calls.refresh();
  assert.deepEqual(limits, [128000]);
  assert.equal(receiver.jitterBufferTarget, 200);
});

test('a refusal is told with its reason, and bye tells nothing', async () => {
  const first = await invite();
  first.emit('failed', { originator: 'remote', message: { status_code: 486, reason_phrase: 'Busy Here' } });
  const second = await invite();
  calls.command('bye', []);
  assert.deepEqual(second.done, [['terminate', undefined]]);
  assert.deepEqual(told, [['rejected', '486 Busy Here']]);
});

test('one call at a time, to an address', async () => {
  await invite();
  await invite();
  assert.equal(agent.sessions.length, 1);
  calls.command('bye', []);
  calls.command('invite', ['not an address']);
  assert.deepEqual(told, [
    ['rejected', 'Already in an active or pending call'],
    ['rejected', 'invalid dest URI'],
  ]);
});

test('a call that comes is accepted', async () => {
  const session = new FakeSession();
  calls.ring(session);
  assert.deepEqual(told, [['invited', '"Bob B" <sip:bob@test>', '<sip:alice@test>']]);
  calls.command('accept', []);
  await settle();
  session.emit('confirmed');
  calls.command('sendDTMF', ['5']);
  calls.command('sendDTMF', [7]);
  calls.command('sendDTMF', ['55']);
  calls.command('hold', [true]);
  calls.command('hold', [false]);
  assert.deepEqual(session.done, [['answer'], ['key', '5'], ['key', '7'], ['hold'], ['unhold']]);
  session.emit('hold', { originator: 'remote' });
  assert.deepEqual(told.slice(1), [['accepted'], ['holded', true]]);
});

test('a call that comes is rejected, cancelled, or one too many', () => {
  const first = new FakeSession();
  calls.ring(first);
  const second = new FakeSession();
  calls.ring(second);
  assert.equal(second.done[0][1].status_code, 486);
  calls.command('reject', ['486 Busy Here']);
  assert.deepEqual(first.done, [['terminate', { status_code: 486, reason_phrase: 'Busy Here' }]]);
  const third = new FakeSession();
  calls.ring(third);
  third.emit('failed', { originator: 'remote', cause: 'Canceled' });
  assert.deepEqual(
    told.map(([method]) => method),
    ['invited', 'invited', 'cancelled'],
  );
});

test('without a microphone nothing is placed', async () => {
  stream = Promise.reject(new Error('denied'));
  await invite();
  assert.equal(agent.sessions.length, 0);
  assert.deepEqual(told, [['rejected', '480 No microphone']]);
});

test('without a microphone nothing is answered', async () => {
  stream = Promise.reject(new Error('denied'));
  const session = new FakeSession();
  calls.ring(session);
  calls.command('accept', []);
  await settle();
  assert.equal(session.done[0][1].status_code, 480);
  assert.deepEqual(told.slice(1), [['byed']]);
});

test('texts and data go both ways in a call', async () => {
  const session = await invite();
  calls.command('sendMessage', ['too early']);
  session.emit('confirmed');
  calls.command('sendMessage', ['hello']);
  calls.active.send('{"x":1}');
  assert.deepEqual(session.done, [
    ['MESSAGE', 'hello'],
    ['application/vnd.videoio.data;charset=utf-8', '{"x":1}'],
  ]);
  const type = 'application/vnd.videoio.data;charset=utf-8';
  session.emit('newInfo', { originator: 'remote', info: { contentType: type, body: '{"x":2}' } });
  session.emit('newInfo', { originator: 'remote', info: { contentType: 'application/dtmf', body: '5' } });
  session.emit('newInfo', { originator: 'local', info: { contentType: type, body: 'own' } });
  assert.deepEqual(received, ['{"x":2}']);
  const text = { call_id: 'call-1', from_tag: 'tag', to_tag: 'other', body: 'hi' };
  assert.equal(calls.read(text), true);
  assert.equal(calls.read({ ...text, call_id: 'call-2' }), false);
  assert.deepEqual(told.at(-1), ['receivedMessage', 'hi']);
});

test('texts outside of calls', () => {
  calls.command('sendPagingMessage', ['bob', 'lunch?']);
  calls.command('sendPagingMessage', ['', 'lunch?']);
  calls.command('sendPagingMessage', ['bob', '']);
  assert.deepEqual(agent.messages, [['sip:bob@test', 'lunch?']]);
});

test('commands that are none, or come too early, are passed over', () => {
  for (const name of ['register', 'constructor', 'accept', 'reject', 'bye', 'sendDTMF', 'hold', 'sendMessage']) {
    calls.command(name, ['1']);
  }
  assert.deepEqual(told, []);
});

test('a call hung up while the microphone opens is not placed', async () => {
  calls.command('invite', ['bob']);
  calls.command('bye', []);
  await settle();
  assert.equal(agent.sessions.length, 0);
  assert.equal(stream.getTracks()[0].stopped, true);
  await invite();
  assert.equal(agent.sessions.length, 1);
});
