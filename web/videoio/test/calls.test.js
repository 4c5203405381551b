import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { Calls } from '../src/calls.js';
import { Gateway, State } from '../src/gateway.js';
import { FakeAgent, FakeSession, loudspeaker, newMicrophone, settle } from './fakes.js';

let agent, told, calls, microphone, properties;
const account = { address: 'alice@test', domain: 'test', login: 'alice', password: 'secret', display: '' };

beforeEach(() => {
  agent = new FakeAgent();
  told = [];
  microphone = newMicrophone();
  properties = { publish: null, microphone: true };
  const options = {
    account,
    loudspeaker,
    tell: (method, args) => told.push([method, ...args]),
    wishes: (name) => properties[name] ?? null,
  };
  calls = new Calls(agent, options, async () => microphone);
});

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
  assert.equal(microphone.track.stopped, true);
});

test('a call that rings in vain leaves the sound of the other one', async () => {
  const heard = [];
  const original = loudspeaker.play;
  loudspeaker.play = (stream) => heard.push(stream);
  try {
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
  } finally {
    loudspeaker.play = original;
  }
});

test('who names codecs hears which', async () => {
  (await invite('wideband')).emit('confirmed');
  assert.deepEqual(told, [['accepted', 'default', null]]);
});

test('the microphone follows publish', async () => {
  (await invite()).emit('confirmed');
  assert.equal(microphone.track.enabled, false);
  properties.publish = 'local';
  calls.refresh();
  assert.equal(microphone.track.enabled, true);
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
  calls = new Calls(
    agent,
    { account, loudspeaker, tell: (...each) => told.push(each), wishes: () => null },
    async () => {
      throw new Error('denied');
    },
  );
  await invite();
  assert.equal(agent.sessions.length, 0);
  assert.deepEqual(told, [['rejected', ['480 No microphone']]]);
});

test('a call hung up while the microphone opens is not placed', async () => {
  calls.command('invite', ['bob']);
  calls.command('bye', []);
  await settle();
  assert.equal(agent.sessions.length, 0);
  assert.equal(microphone.track.stopped, true);
  await invite();
  assert.equal(agent.sessions.length, 1);
});

test('a connection opens once, and closes when it is refused', () => {
  let [opened, closed] = [0, 0];
  const options = { account, loudspeaker, connected: () => opened++, closed: () => closed++ };
  const gateway = new Gateway(options, () => agent);
  gateway.start();
  agent.emit('registered');
  agent.emit('registered');
  assert.deepEqual([opened, gateway.state], [1, State.open]);
  agent.emit('registrationFailed');
  agent.emit('disconnected');
  assert.deepEqual([closed, agent.stopped, gateway.state], [1, 1, State.closed]);
});
