import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Devices } from '../src/devices.js';
import { levelOf } from '../src/level.js';
import { openCamera, openScreen } from '../src/microphone.js';
import { Notices } from '../src/notices.js';
import { mediaError } from './fakes.js';
import { FakeStorage } from './fakestorage.js';

const found = [
  { kind: 'audioinput', deviceId: 'a', label: 'Headset' },
  { kind: 'audioinput', deviceId: '', label: '' },
  { kind: 'videoinput', deviceId: 'v', label: '' },
];
const media = { enumerateDevices: async () => found, addEventListener() {} };

test('lists devices, with names for those that have none', async () => {
  const devices = new Devices(() => new FakeStorage(), media);
  assert.deepEqual(await devices.list('audioinput'), [{ id: 'a', label: 'Headset' }]);
  assert.deepEqual(await devices.list('videoinput'), [{ id: 'v', label: 'Camera 1' }]);
  assert.deepEqual(await new Devices(() => new FakeStorage(), null).list('audioinput'), []);
});

test('knows when what was chosen is gone', async () => {
  const devices = new Devices(() => new FakeStorage(), media);
  devices.choose('audioinput', 'a');
  assert.equal(await devices.present('audioinput'), 'a');
  devices.choose('audioinput', 'gone');
  assert.equal(await devices.present('audioinput'), '');
  devices.choose('audiooutput', 'not told yet');
  assert.equal(await devices.present('audiooutput'), 'not told yet');
});

test('remembers what was chosen, and asks for it', () => {
  const storage = new FakeStorage();
  new Devices(() => storage, media).choose('audioinput', 'a');
  const devices = new Devices(() => storage, media);
  assert.deepEqual(devices.constraint('audioinput'), { deviceId: { exact: 'a' } });
  assert.equal(devices.constraint('videoinput'), true);
  storage.setItem('sipbridge.devices', '{"audioinput": 5}');
  assert.equal(new Devices(() => storage, media).constraint('audioinput'), true);
  const forgetful = new Devices(() => new FakeStorage(true), media);
  forgetful.choose('audioinput', 'b');
  assert.equal(forgetful.wanted.audioinput, 'b');
});

test('says why there is no camera or screen', async () => {
  const refusing = (name) => async () => {
    throw mediaError(name);
  };
  await assert.rejects(openCamera({ getUserMedia: refusing('NotFoundError') }), /No camera was found/);
  await assert.rejects(openScreen({ getDisplayMedia: refusing('NotAllowedError') }), /Nothing was chosen/);
  await assert.rejects(openScreen({}), /cannot show the screen/);
  await assert.rejects(openCamera(null), /only to pages from https/);
});

test('a level goes from silence to full scale', () => {
  assert.equal(levelOf(new Float32Array(8)), 0);
  assert.equal(levelOf(new Float32Array(8).fill(1)), 1);
  assert.ok(Math.abs(levelOf(new Float32Array(8).fill(0.0316)) - 0.5) < 0.01, '-30 dB');
});

test('tells of a call that rings while the page is not in front', (t) => {
  const told = [];
  globalThis.Notification = { permission: 'granted' };
  t.after(() => delete globalThis.Notification);
  let hidden = true;
  const notices = new Notices(
    (title) => {
      told.push(title);
      return { close: () => told.push('closed') };
    },
    () => hidden,
  );
  const call = { rings: true, peer: { name: 'bob' } };
  notices.follow([call]);
  notices.follow([call]);
  assert.deepEqual(told, ['bob is calling']);
  call.rings = false;
  notices.follow([call]);
  assert.deepEqual(told, ['bob is calling', 'closed']);
  hidden = false;
  notices.follow([{ rings: true, peer: { name: 'carol' } }]);
  assert.equal(told.length, 2);
  assert.equal(new Notices(null, () => true).permission, 'unsupported');
});
