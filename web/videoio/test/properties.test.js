// Each property: what it is at first, what it becomes when it is set, and what the page hears of that.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { Player } from '../src/player.js';
import { properties } from '../src/properties.js';
import { newDevices, newPage } from './fakes.js';

let changes, element;

beforeEach(() => {
  changes = [];
  globalThis.onPropertyChange = ({ property, oldValue, newValue }) => changes.push([property, oldValue, newValue]);
  newDevices(['audio', 'video']);
  element = newPage();
  new Player('phone1', element, () => null).attach(element);
});

/** What can be set: at first, a value to set, and what that becomes. */
const writable = {
  farID: [null, '1f2e', '1f2e'],
  group: [null, 'g1', 'g1'],
  bidirection: [false, true, true],
  objectEncoding: [3, 0, 0],
  proxyType: ['none', 'best', 'best'],
  multicastWindowDuration: [NaN, 2, 2],
  publish: [null, 'local', 'local'],
  play: [null, 'remote', 'remote'],
  live: [false, true, true],
  record: [false, true, true],
  recordMode: ['record', 'append', 'append'],
  playMode: ['live', 'vod', 'vod'],
  autoplay: [true, false, false],
  loop: [false, true, true],
  preload: [false, true, true],
  bufferTime: [-1, '0.5', 0.5],
  bufferTimeMax: [-1, 2, 2],
  currentTime: [NaN, 3, 3],
  duration: [NaN, 60, 60],
  microphone: [false, true, true],
  gain: [0.5, 1, 1],
  sound: [true, false, false],
  volume: [0.5, '0.25', 0.25],
  echoCancel: [true, false, false],
  echoSuppression: [true, false, false],
  silenceLevel: [0, 2, 2],
  codec: ['Speex', 'pcmu', 'pcmu'],
  rate: [16, 8, 8],
  encodeQuality: [6, 10, 10],
  framesPerPacket: [1, 2, 2],
  camera: [false, true, true],
  cameraDimension: ['320x240', '1280x720', '1280x720'],
  cameraWidth: [320, 640, 640],
  cameraHeight: [240, 480, 480],
  cameraFPS: [12, 30, 30],
  cameraBandwidth: [0, 32000, 32000],
  cameraQuality: [0, 80, 80],
  keyFrameInterval: [15, 28, 28],
  cameraLoopback: [false, true, true],
  videoCodec: ['Sorenson', 'H264Avc/baseline/2', 'H264Avc/baseline/2'],
  privacyEvent: [false, true, true],
  display: [true, false, false],
  mirrored: [true, false, false],
  zoom: ['in', '', null],
  smoothing: [true, false, false],
  poster: [null, 'https://h/face.jpg', 'https://h/face.jpg'],
  posterBackgroundAlpha: [NaN, 0.5, 0.5],
  snapshot: [null, 'AAAA', 'AAAA'],
  controls: [false, true, true],
  detectActivity: [true, false, false],
  enableFullscreen: [true, false, false],
};

for (const [name, [initial, given, becomes]] of Object.entries(writable)) {
  test(`${name} can be read and set`, () => {
    assert.deepEqual(element.getProperty(name), initial);
    element.setProperty(name, given);
    assert.deepEqual(element.getProperty(name), becomes);
    const heard = changes.filter(([property]) => property === name);
    assert.deepEqual(heard, [[name, initial, becomes]]);
    element.setProperty(name, given);
    assert.equal(changes.filter(([property]) => property === name).length, 1, 'told twice');
  });
}

/** What the page can only read. */
const readOnly = {
  scheme: null,
  args: [],
  nearID: null,
  isDownload: false,
  bytesLoaded: 0,
  bytesTotal: 0,
  playerState: null,
  currentFPS: NaN,
  liveDelay: NaN,
  bandwidth: 0,
  quality: 0,
  level: 0,
  deviceAllowed: false,
  videoWidth: NaN,
  videoHeight: NaN,
};

for (const [name, initial] of Object.entries(readOnly)) {
  test(`${name} can only be read`, () => {
    element.setProperty(name, 'x');
    assert.deepEqual(element.getProperty(name), initial);
    assert.deepEqual(changes, []);
  });
}

test('no property is without a test, and each says what it is', () => {
  const others = ['src', 'url', 'playing', 'recording', 'fullscreen']; // they need a connection, or a click
  const tested = [...Object.keys(writable), ...Object.keys(readOnly), ...others];
  assert.deepEqual(Object.keys(properties).sort(), tested.sort());
  for (const name of tested) assert.match(element.getProperty(`__doc__${name}`), /\w+/, name);
});

test('the three properties of the size go together', () => {
  element.setProperty('cameraWidth', 640);
  assert.deepEqual(changes, [
    ['cameraWidth', 320, 640],
    ['cameraHeight', 240, 480],
    ['cameraDimension', '320x240', '640x480'],
  ]);
  element.setProperty('cameraHeight', 120);
  assert.equal(element.getProperty('cameraDimension'), '160x120');
  for (const nonsense of ['', 'x', '0x0', '640', 'axb']) element.setProperty('cameraDimension', nonsense);
  element.setProperty('cameraWidth', -1);
  assert.equal(element.getProperty('cameraDimension'), '160x120');
});

test('what is no property is neither set nor told', () => {
  for (const name of ['nothing', '__proto__', 'constructor', '__doc__src', '']) {
    element.setProperty(name, 'x');
    assert.equal(element.getProperty('nothing'), null);
  }
  assert.equal(element.getProperty('__doc__constructor'), null);
  assert.equal(element.getProperty('constructor'), null);
  assert.deepEqual(changes, []);
});

test('numbers and switches are of what Flash made of values', () => {
  for (const [name, given, want] of [
    ['volume', null, 0],
    ['volume', 'loud', NaN],
    ['sound', '', false],
    ['sound', 'yes', true],
    ['poster', 7, '7'],
    ['poster', undefined, null],
  ]) {
    element.setProperty(name, given);
    assert.deepEqual(element.getProperty(name), want);
  }
});
