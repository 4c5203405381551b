import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { Connection } from '../src/connection.js';
import { Player } from '../src/player.js';
import { newDevices, newPage, newStream, settle } from './fakes.js';

let events, connections, player, element, opened;

/** A connection that keeps what it is told. */
class FakeConnection extends Connection {
  commands = [];
  stopped = false;
  sent = null;
  constructor(url, args, hooks) {
    super();
    Object.assign(this, { url, args, hooks });
    connections.push(this);
  }
  stop() {
    this.stopped = true;
  }
  command(name, args) {
    this.commands.push([name, ...args]);
  }
  send(text) {
    this.commands.push(['data', text]);
  }
  seek(seconds) {
    this.commands.push(['seek', seconds]);
  }
  stream() {
    return this.sent;
  }
}

beforeEach(() => {
  [events, connections] = [[], []];
  for (const name of ['onCreationComplete', 'onPropertyChange', 'onCallback', 'onReceiveData', 'onShowingSettings']) {
    globalThis[name] = (event) => events.push([name, event]);
  }
  opened = newDevices(['audio', 'video']);
  element = newPage();
  player = new Player('phone1', element, (...given) =>
    given[0].startsWith('rtmp://host/sip') ? new FakeConnection(...given) : null,
  );
  player.attach(element);
});

// What measures ends with the connection.
afterEach(() => element.setProperty('src', null));

const src = 'rtmp://host/sip/alice@test?bidirection=true&arg=alice&arg=secret';

/** The changes that the page heard of, and forgets. */
function changes() {
  const told = events.filter(([name]) => name === 'onPropertyChange');
  events.length = 0;
  return told.map(([, { property, newValue }]) => [property, newValue]);
}

async function connected(stream = newStream(['audio', 'video'])) {
  element.setProperty('src', src);
  connections[0].sent = stream;
  connections[0].hooks.connected();
  await settle();
  events.length = 0;
  return connections[0];
}

test('the page hears that the player is there, before what its flashVars set', async () => {
  player.create(`bidirection=true&volume=0.25&src=${encodeURIComponent(src)}`);
  await new Promise((resolve) => setTimeout(resolve)); // timers of one length run in their order
  assert.deepEqual(events[0], ['onCreationComplete', { objectID: 'phone1' }]);
  assert.deepEqual([element.getProperty('volume'), element.getProperty('src')], [0.25, src]);
  assert.equal(element.getProperty('bidirection'), true);
});

test('a src connects, and null disconnects', () => {
  element.setProperty('src', src);
  assert.deepEqual([connections[0].url, connections[0].args], ['rtmp://host/sip/alice@test', ['alice', 'secret']]);
  assert.equal(element.getProperty('url'), 'rtmp://host/sip/alice@test');
  assert.equal(element.getProperty('scheme'), 'rtmp');
  assert.deepEqual(element.getProperty('args'), ['alice', 'secret']);
  assert.equal(element.getProperty('bidirection'), true);
  connections[0].hooks.connected();
  assert.notEqual(element.getProperty('nearID'), null);
  element.setProperty('src', null);
  assert.equal(connections[0].stopped, true);
  assert.equal(element.getProperty('nearID'), null);
  connections[0].hooks.tell('byed', []);
  connections[0].hooks.connected();
  assert.equal(element.getProperty('nearID'), null, 'a connection that is over connects');
  assert.equal(events.filter(([name]) => name === 'onCallback').length, 0);
});

test('a url connects anew', () => {
  element.setProperty('src', src);
  element.setProperty('url', 'rtmp://host/sip/bob@test');
  assert.equal(connections[0].stopped, true);
  assert.deepEqual([connections[1].url, connections[1].args], ['rtmp://host/sip/bob@test', ['alice', 'secret']]);
});

test('a connection that is refused or lost takes the src away', async () => {
  const connection = await connected();
  element.setProperty('publish', 'local');
  events.length = 0;
  connection.hooks.closed();
  assert.equal(element.getProperty('src'), null);
  const told = events.filter(([, event]) => event.property === 'src');
  assert.deepEqual(told, [
    ['onPropertyChange', { objectID: 'phone1', property: 'src', oldValue: src, newValue: null }],
  ]);
  assert.deepEqual([element.getProperty('recording'), element.getProperty('publish')], [false, null]);
});

test('a src that leads nowhere does not stay', () => {
  element.setProperty('src', 'rtmfp://host/other?publish=x');
  assert.deepEqual([element.getProperty('src'), element.getProperty('publish')], [null, null]);
  assert.equal(connections.length, 0);
});

test('a group is not there, and the page hears it', async () => {
  element.setProperty('src', `${src}&group=g1`);
  assert.equal(element.getProperty('group'), 'g1');
  connections[0].hooks.connected();
  const [, { oldValue, newValue }] = events.find(([, { property, newValue }]) => property === 'group' && !newValue);
  assert.deepEqual([oldValue, newValue], ['g1', null]);
  element.callProperty('post', 'alice', 'hello'); // there is nobody to hear it
});

test('call is a command, and callbacks come back', () => {
  element.callProperty('call', 'invite', 'sip:bob@test');
  element.setProperty('src', src);
  element.callProperty('call', 'invite', 'sip:bob@test');
  element.callProperty('call', 7);
  element.callProperty('constructor', 'invite');
  element.callProperty('nothing');
  assert.deepEqual(connections[0].commands, [['invite', 'sip:bob@test']]);
  connections[0].hooks.tell('accepted', []);
  assert.deepEqual(events.at(-1), ['onCallback', { objectID: 'phone1', method: 'accepted', args: [] }]);
});

test('publish brings the devices with it, and takes them along', async () => {
  await connected();
  element.setProperty('publish', 'local');
  assert.deepEqual(changes(), [
    ['publish', 'local'],
    ['live', true],
    ['camera', true],
    ['microphone', true],
    ['recording', true],
  ]);
  element.setProperty('publish', null);
  assert.deepEqual(changes(), [
    ['recording', false],
    ['live', false],
    ['camera', false],
    ['microphone', false],
    ['publish', null],
  ]);
  element.setProperty('play', 'remote');
  element.setProperty('play', '');
  assert.deepEqual(changes(), [
    ['play', 'remote'],
    ['playing', true],
    ['playing', false],
    ['play', null],
  ]);
});

test('who has no camera hears it', async () => {
  await connected(newStream(['audio']));
  element.setProperty('publish', 'local');
  assert.deepEqual(
    changes().filter(([name]) => name === 'camera'),
    [
      ['camera', true],
      ['camera', false],
    ],
  );
});

test('without autoplay the page starts and stops', async () => {
  await connected();
  element.setProperty('autoplay', false);
  element.setProperty('publish', 'local');
  element.setProperty('play', 'remote');
  assert.deepEqual([element.getProperty('recording'), element.getProperty('playing')], [false, false]);
  element.setProperty('recording', true);
  element.setProperty('playing', true);
  assert.deepEqual([element.getProperty('recording'), element.getProperty('playing')], [true, true]);
  element.setProperty('play', null);
  element.setProperty('playing', true);
  assert.equal(element.getProperty('playing'), false, 'there is nothing to play');
});

test('what is published before there is a connection starts with it', () => {
  element.setProperty('src', `${src}&publish=local&play=remote`);
  assert.equal(element.getProperty('recording'), false);
  connections[0].hooks.connected();
  assert.deepEqual([element.getProperty('recording'), element.getProperty('playing')], [true, true]);
});

test('without bidirection there is publish or play', () => {
  element.setProperty('publish', 'local');
  element.setProperty('play', 'remote');
  assert.equal(element.getProperty('publish'), null);
  element.setProperty('bidirection', true);
  element.setProperty('publish', 'local');
  assert.equal(element.getProperty('play'), 'remote');
  element.setProperty('bidirection', false);
  element.setProperty('src', 'rtmp://host/sip/alice@test?publish=a&play=b');
  assert.deepEqual([element.getProperty('publish'), element.getProperty('play')], ['a', null]);
});

test('data goes beside what is published, and comes beside what is played', async () => {
  const connection = await connected();
  element.callProperty('sendData', 'early');
  connection.hooks.received('early');
  element.setProperty('publish', 'local');
  element.setProperty('play', 'remote');
  element.callProperty('sendData', 'one');
  events.length = 0;
  connection.hooks.received('two');
  assert.deepEqual(connection.commands, [['data', 'one']]);
  assert.deepEqual(events, [['onReceiveData', { objectID: 'phone1', data: 'two' }]]);
  element.callProperty('setCurrentTime', 5);
  assert.deepEqual(connection.commands.at(-1), ['seek', 5]);
});

test('live alone opens the camera, for nobody else', async () => {
  element.setProperty('src', '?live=true');
  await settle();
  assert.deepEqual(opened, [{ audio: false, video: { width: 320, height: 240, frameRate: 12 } }]);
  const [, own] = element.children;
  const [track] = own.srcObject.getTracks();
  assert.deepEqual([own.hidden, own.style.transform], [false, 'scaleX(-1)']);
  element.setProperty('src', null);
  assert.deepEqual([own.srcObject, own.hidden, track.stopped], [null, true, true]);
});

test('a camera that is not there is told', async () => {
  newDevices([]);
  element.setProperty('live', true);
  await settle();
  assert.deepEqual(changes(), [
    ['live', true],
    ['camera', true],
    ['camera', false],
  ]);
});

test('the page hears that the user is asked, if it wants to', async () => {
  newDevices(['audio'], 'prompt');
  element.callProperty('showSettings');
  await settle();
  assert.deepEqual(changes(), [['deviceAllowed', true]]);
  element.setProperty('privacyEvent', true);
  events.length = 0;
  newDevices([], 'prompt');
  element.callProperty('showSettings');
  await settle();
  assert.deepEqual(events, [
    ['onShowingSettings', { objectID: 'phone1', showing: true }],
    ['onPropertyChange', { objectID: 'phone1', property: 'deviceAllowed', oldValue: true, newValue: false }],
    ['onShowingSettings', { objectID: 'phone1', showing: false }],
  ]);
});

test('what goes wrong in a function of the page is reported there', () => {
  const reported = [];
  globalThis.reportError = (error) => reported.push(error);
  globalThis.onPropertyChange = () => {
    throw new Error('of the page');
  };
  element.setProperty('volume', 1);
  assert.equal(element.getProperty('volume'), 1);
  assert.equal(reported[0].message, 'of the page');
});
