import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { Gateway, State } from '../src/gateway.js';
import { takeRegistration } from '../../phone/test/fakes.js';
import { FakeAgent, FakeSession, newStream, settle } from './fakes.js';

const account = { address: 'alice@test', domain: 'test', login: 'alice', password: 'secret', display: '' };
let agent, told, stream;

beforeEach(() => {
  agent = new FakeAgent();
  told = [];
  stream = null;
});

function newGateway(own = account) {
  const hooks = {
    connected: () => told.push(['connected']),
    closed: () => told.push(['closed']),
    tell: (method, args) => told.push([method, ...args]),
    opened: () => {},
    wishes: () => null,
    devices: { open: () => (stream ? Promise.resolve(stream) : new Promise(() => {})) },
    screen: { play() {} },
  };
  const gateway = new Gateway('ws://test/ws', own, hooks, () => agent);
  gateway.start();
  return gateway;
}

test('a connection opens once, and closes when it is refused', () => {
  const gateway = newGateway();
  agent.emit('registered');
  agent.emit('registered');
  assert.equal(gateway.state, State.open);
  agent.emit('registrationFailed');
  agent.emit('disconnected');
  assert.deepEqual(told, [['connected'], ['closed']]);
  assert.deepEqual([agent.stopped, gateway.state], [1, State.closed]);
});

test('without a password it is open when it is connected', () => {
  const gateway = newGateway({ ...account, password: '' });
  agent.emit('connected');
  assert.equal(gateway.state, State.open);
});

test('calls use the relays that the last registration was told of', async () => {
  const gateway = newGateway();
  const register = (username) => {
    const servers = [{ urls: ['turn:a.example'], username, credential: 'x' }, { urls: 'http://b' }];
    takeRegistration(agent, JSON.stringify(servers));
  };
  register('1:alice');
  agent.emit('registered', {});
  register('2:alice');
  stream = newStream();
  gateway.command('invite', ['bob', 'pcmu']);
  await settle();
  const relays = [{ urls: ['turn:a.example'], username: '2:alice', credential: 'x' }];
  assert.deepEqual(agent.sessions[0].options.pcConfig, { iceServers: relays });
  gateway.command('bye', []);
  const rings = new FakeSession();
  agent.emit('newRTCSession', { originator: 'remote', session: rings });
  gateway.command('accept', ['pcmu']);
  await settle();
  assert.deepEqual(rings.options.pcConfig, { iceServers: relays });
});

test('a page that disconnects hears nothing more', () => {
  const gateway = newGateway();
  gateway.stop();
  agent.emit('disconnected');
  assert.deepEqual(told, []);
  assert.equal(agent.stopped, 1);
});

test('commands wait for no connection', async () => {
  const gateway = newGateway();
  gateway.command('invite', ['bob', 'pcmu']);
  gateway.command('invite', ['']);
  await settle();
  assert.deepEqual(told, []);
  agent.emit('registered');
  gateway.command('invite', ['tel:+1']);
  assert.deepEqual(told.at(-1), ['rejected', 'invalid dest URI']);
});

test('texts are told with who wrote them', () => {
  newGateway();
  const rejected = [];
  const message = { reject: ({ status_code: status }) => rejected.push(status) };
  const come = (fields, type = 'text/plain;charset=utf-8') => {
    const from = { display_name: 'Bob', uri: 'sip:bob@test' };
    const request = { from, to_tag: null, body: 'hi', getHeader: () => type, ...fields };
    agent.emit('newMessage', { originator: 'remote', message, request });
  };
  come({});
  come({ body: undefined });
  come({}, 'application/im-iscomposing+xml');
  come({}, null);
  come({ to_tag: 'x', call_id: 'y', from_tag: 'z' });
  agent.emit('newMessage', { originator: 'local', message, request: {} });
  assert.deepEqual(told, [
    ['receivedPagingMessage', '"Bob" <sip:bob@test>', 'hi'],
    ['receivedPagingMessage', '"Bob" <sip:bob@test>', ''],
  ]);
  assert.deepEqual(rejected, [415, 415, 481]);
});
