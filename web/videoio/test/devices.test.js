import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { Devices } from '../src/devices.js';
import { Microphone } from '../src/microphone.js';
import { newDevices, newStream } from './fakes.js';

let told, values;

beforeEach(() => {
  told = [];
  values = { echoCancel: true, cameraWidth: 640, cameraHeight: 480, cameraFPS: 30 };
});

function devices() {
  return new Devices((name) => values[name], {
    asking: (asks) => told.push(asks ? 'asks' : 'asked'),
    allowed: (allowed) => told.push(allowed),
  });
}

test('devices are asked for what the properties want', async () => {
  const opened = newDevices(['audio', 'video']);
  values.echoCancel = false;
  await devices().open({ audio: true, video: true });
  const camera = { width: 640, height: 480, frameRate: 30 };
  assert.deepEqual(opened, [{ audio: { echoCancellation: false }, video: camera }]);
  assert.deepEqual(told, [true]);
});

test('who has no camera has a microphone', async () => {
  const opened = newDevices(['audio'], 'prompt');
  const stream = await devices().open({ audio: true, video: true });
  assert.deepEqual([stream.getVideoTracks().length, opened.length], [0, 2]);
  assert.deepEqual(told, ['asks', true, 'asked']);
});

test('who has nothing, or says no, is told', async () => {
  for (const wanted of [
    { audio: true, video: true },
    { audio: false, video: true },
  ]) {
    told = [];
    newDevices([], 'denied');
    await assert.rejects(devices().open(wanted));
    assert.deepEqual(told, ['asks', false, 'asked']);
  }
});

test('a browser that keeps permissions to itself may ask', async () => {
  newDevices(['audio']);
  delete navigator.permissions;
  await devices().open({ audio: true, video: false });
  assert.deepEqual(told, ['asks', true, 'asked']);
});

/** Stands in for the sound graph of the browser. */
class FakeContext {
  static open = 0;
  constructor() {
    FakeContext.open++;
  }
  resume() {}
  close() {
    FakeContext.open--;
  }
  createMediaStreamSource() {
    return { connect: (node) => node };
  }
  createAnalyser() {
    return { fftSize: 4, getFloatTimeDomainData: (samples) => samples.set([0, -0.5, 0.25, 0]) };
  }
  createGain() {
    FakeContext.gain = { gain: { value: 1 }, connect: (node) => node };
    return FakeContext.gain;
  }
  createMediaStreamDestination() {
    return { stream: newStream() };
  }
}

test('a microphone has a level, and a gain when one is wanted', () => {
  globalThis.AudioContext = FakeContext;
  const stream = newStream(['audio']);
  const [track] = stream.getTracks();
  const microphone = new Microphone(stream);
  assert.equal(microphone.amplified(0.5), track);
  assert.equal(FakeContext.open, 0, 'nothing is made for nothing');
  assert.equal(microphone.level(), 0.5);
  const louder = microphone.amplified(1);
  assert.notEqual(louder, track);
  assert.equal(FakeContext.gain.gain.value, 2);
  assert.equal(microphone.amplified(7), louder);
  assert.equal(FakeContext.gain.gain.value, 2);
  assert.equal(microphone.amplified(0.5), louder);
  assert.equal(FakeContext.gain.gain.value, 1);
  assert.equal(microphone.amplified(NaN), track);
  track.enabled = false;
  assert.equal(microphone.level(), 0);
  microphone.close();
  assert.deepEqual([FakeContext.open, louder.stopped], [0, true]);
  assert.equal(new Microphone(newStream(['video'])).amplified(1), undefined);
});
