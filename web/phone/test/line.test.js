import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { Line } from '../src/line.js';
import { response, takeRegistration } from './fakes.js';

class FakeAgent extends EventEmitter {
  asked = [];
  transport = { connect: () => this.asked.push('reconnect') };
  start() {
    this.asked.push('start');
  }
  stop() {
    this.asked.push('stop');
  }
  register() {
    this.asked.push('register');
  }
  unregister() {
    this.asked.push('unregister');
  }
}

function newLine() {
  const agent = new FakeAgent();
  const told = { states: [], incoming: [] };
  const line = new Line(
    'ws://localhost/ws',
    { uri: 'sip:alice@localhost' },
    {
      changed: () => told.states.push(line.state),
      incoming: (session) => told.incoming.push(session),
    },
    () => agent,
  );
  line.start();
  return { line, agent, told };
}

function newOpenLine() {
  const agent = new FakeAgent();
  const account = { uri: 'sip:alice@localhost', registers: false };
  const line = new Line('ws://localhost/ws', account, { changed() {}, incoming() {} }, () => agent);
  line.start();
  return { line, agent };
}

test('who does not register can call', () => {
  const { line, agent } = newOpenLine();
  assert.equal(line.ready, false);
  agent.emit('connected', {});
  assert.deepEqual([line.state, line.ready, line.wasRegistered], ['open', true, true]);
  agent.emit('disconnected', { error: true });
  assert.deepEqual([line.state, line.ready], ['lost', false]);
  agent.emit('connected', {});
  assert.equal(line.state, 'open');
});

function registered() {
  const made = newLine();
  made.agent.emit('connecting', {});
  made.agent.emit('connected', {});
  made.agent.emit('registered', {});
  return made;
}

test('registers', () => {
  const { line, told } = registered();
  assert.deepEqual(told.states, ['connecting', 'registering', 'registered']);
  assert.equal(line.wasRegistered, true);
  assert.equal(line.words, '');
});

test('a lost connection comes back', () => {
  const { line, agent } = registered();
  agent.emit('disconnected', { error: true });
  assert.equal(line.state, 'lost');
  assert.match(line.words, /was lost/);
  agent.emit('connecting', {});
  assert.equal(line.state, 'lost', 'still lost while JsSIP tries');
  line.reconnect();
  assert.deepEqual(agent.asked, ['start', 'reconnect']);
  agent.emit('connected', {});
  agent.emit('registered', {});
  assert.equal(line.state, 'registered');
  line.reconnect();
  assert.deepEqual(agent.asked, ['start', 'reconnect'], 'nothing to do for a line that is up');
});

test('a service that is not there', () => {
  const { line, agent } = newLine();
  agent.emit('disconnected', { error: true });
  assert.equal(line.state, 'lost');
  assert.match(line.words, /cannot be reached/);
});

test('a wrong password', () => {
  const { line, agent } = newLine();
  agent.emit('connected', {});
  agent.emit('registrationFailed', { response: response(401), cause: 'Authentication Error' });
  assert.deepEqual([line.state, line.refused], ['failed', 401]);
  assert.equal(line.words, 'Name or password is wrong.');
  for (const event of ['disconnected', 'connecting', 'connected']) agent.emit(event, {});
  assert.equal(line.state, 'failed', 'the same password is not tried again');
  assert.deepEqual(agent.asked, ['start', 'unregister']);
});

test('a locked name says how long', () => {
  const { line, agent } = newLine();
  agent.emit('registrationFailed', {
    response: response(403, { headers: { 'Retry-After': '30 (locked)' } }),
    cause: 'Rejected',
  });
  assert.match(line.words, /30 seconds/);
});

test('a busy service is asked again', (t) => {
  const { line, agent } = newLine();
  t.after(() => line.stop());
  const timers = interceptTimers(t);
  agent.emit('registrationFailed', { response: response(503, { headers: { 'Retry-After': '7' } }), cause: 'x' });
  assert.equal(line.state, 'failed');
  assert.equal(timers.length, 1);
  assert.equal(timers[0].milliseconds, 7000);
  timers[0].callback();
  assert.equal(line.state, 'registering');
  assert.deepEqual(agent.asked, ['start', 'register']);
});

test('a registration that fails with the connection is no refusal', () => {
  const { line, agent } = newLine();
  agent.emit('connected', {});
  agent.emit('registrationFailed', { response: null, cause: 'Connection Error' });
  assert.equal(line.state, 'registering');
});

test('calls come in, those that go out do not', () => {
  const { agent, told } = registered();
  const [out, into] = [new EventEmitter(), new EventEmitter()];
  agent.emit('newRTCSession', { originator: 'local', session: out });
  agent.emit('newRTCSession', { originator: 'remote', session: into });
  assert.deepEqual(told.incoming, [into]);
});

test('names the STUN and TURN servers to every call', () => {
  const { line, agent } = registered();
  line.account.iceServers = [{ urls: 'stun:a.example' }];
  agent.call = (_uri, options) => options;
  assert.deepEqual(line.call('sip:bob@localhost', { pcConfig: { x: 1 } }), {
    pcConfig: { x: 1, iceServers: [{ urls: 'stun:a.example' }] },
  });
  const session = new EventEmitter();
  agent.emit('newRTCSession', { originator: 'remote', session });
  let configured;
  session.emit('peerconnection', {
    peerconnection: {
      getConfiguration: () => ({ bundlePolicy: 'balanced' }),
      setConfiguration: (configuration) => (configured = configuration),
    },
  });
  assert.deepEqual(configured, { bundlePolicy: 'balanced', iceServers: [{ urls: 'stun:a.example' }] });
});

test('takes the relays that the service offers, and nothing else', () => {
  const { line, agent } = registered();
  agent.call = (_uri, options) => options.pcConfig.iceServers;
  const offer = (text) => takeRegistration(agent, text);
  const relay = { urls: ['turn:a.example:3478?transport=tcp'], username: '1:alice', credential: 'x' };
  offer(JSON.stringify([relay, { urls: ['https://a.example'] }, {}, null]));
  assert.deepEqual(line.call('sip:bob@localhost', {}), [relay]);
  takeRegistration(agent, undefined, 401); // who is asked to prove himself keeps them
  assert.deepEqual(line.call('sip:bob@localhost', {}), [relay]);
  line.account.iceServers = [{ urls: 'stun:a.example' }];
  assert.deepEqual(line.call('sip:bob@localhost', {}), [{ urls: 'stun:a.example' }, relay]);
  for (const text of [undefined, '', '{', '{}', 'null', '[{"urls":[]}]']) {
    offer(text);
    assert.deepEqual(line.call('sip:bob@localhost', {}), [{ urls: 'stun:a.example' }]);
  }
});

test('a stopped line is silent', () => {
  const { line, agent, told } = registered();
  line.stop();
  agent.emit('disconnected', {});
  assert.equal(line.state, 'off');
  assert.equal(told.states.at(-1), 'off');
  assert.deepEqual(agent.asked, ['start', 'stop']);
});

/** Collects timers instead of waiting for them. */
function interceptTimers(t) {
  const timers = [];
  t.mock.method(globalThis, 'setTimeout', (callback, milliseconds) => timers.push({ callback, milliseconds }));
  return timers;
}
