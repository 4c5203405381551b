import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { Player } from '../src/player.js';
import { newPage, settle } from './fakes.js';

let events, connections, player, element;

/** A connection that keeps what it is told. */
class FakeConnection {
  commands = [];
  stopped = false;
  constructor(options) {
    this.options = options;
    connections.push(this);
  }
  start() {}
  stop() {
    this.stopped = true;
  }
  command(name, args) {
    this.commands.push([name, ...args]);
  }
  refresh() {}
}

beforeEach(() => {
  [events, connections] = [[], []];
  for (const name of ['onCreationComplete', 'onPropertyChange', 'onCallback']) {
    globalThis[name] = (event) => events.push([name, event]);
  }
  element = newPage();
  player = new Player('phone1', element, (options) => new FakeConnection(options));
  player.attach(element);
});

const src = 'rtmp://host/sip/alice@test?bidirection=true&arg=alice&arg=secret';

test('the page hears that the player is there', async () => {
  player.create();
  await settle();
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(events, [['onCreationComplete', { objectID: 'phone1' }]]);
});

test('a src connects, and null disconnects', () => {
  element.setProperty('src', src);
  assert.equal(connections.length, 1);
  assert.equal(connections[0].options.account.address, 'alice@test');
  assert.equal(element.getProperty('url'), 'rtmp://host/sip/alice@test');
  assert.equal(element.getProperty('bidirection'), true);
  connections[0].options.connected();
  assert.notEqual(element.getProperty('nearID'), null);
  element.setProperty('src', null);
  assert.equal(connections[0].stopped, true);
  assert.equal(element.getProperty('nearID'), null);
});

test('a connection that is refused takes the src away', () => {
  element.setProperty('src', src);
  connections[0].options.closed();
  assert.equal(element.getProperty('src'), null);
  const last = events.filter(([, event]) => event.property === 'src').at(-1)[1];
  assert.deepEqual(last, { objectID: 'phone1', property: 'src', oldValue: src, newValue: null });
});

test('a src that is none does not stay', () => {
  element.setProperty('src', 'rtmp://host/other');
  assert.equal(element.getProperty('src'), null);
  assert.equal(connections.length, 0);
});

test('call is a command, and callbacks come back', () => {
  element.callProperty('call', 'invite', 'sip:bob@test');
  element.setProperty('src', src);
  element.callProperty('call', 'invite', 'sip:bob@test');
  element.callProperty('constructor', 'invite');
  assert.deepEqual(connections[0].commands, [['invite', 'sip:bob@test']]);
  connections[0].options.tell('accepted', []);
  assert.deepEqual(events.at(-1), ['onCallback', { objectID: 'phone1', method: 'accepted', args: [] }]);
});

test('without bidirection there is publish or play', () => {
  element.setProperty('publish', 'local');
  element.setProperty('play', 'remote');
  assert.equal(element.getProperty('publish'), null);
  element.setProperty('bidirection', true);
  element.setProperty('publish', 'local');
  assert.equal(element.getProperty('play'), 'remote');
});

test('properties are told once, and only those that exist can be set', () => {
  element.setProperty('volume', 0.5);
  element.setProperty('volume', 0.5);
  element.setProperty('nearID', 'x');
  element.setProperty('__proto__', 'x');
  element.setProperty('nothing', 'x');
  assert.equal(events.length, 1);
  assert.equal(element.getProperty('nothing'), null);
  assert.equal(element.getProperty('microphone'), true);
  assert.match(element.getProperty('__doc__src'), /rtmp/);
  assert.equal(element.getProperty('__doc__constructor'), null);
});
