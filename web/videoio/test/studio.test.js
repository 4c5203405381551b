import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { Studio } from '../src/studio.js';
import { newPage, newStream, settle } from './fakes.js';

let values, told, studio, kept, stream, recorders, video;

/** Recordings that are kept in a map. */
const recordings = {
  get: async (key) => kept.get(key) ?? [],
  put: async (key, parts) => void kept.set(key, parts),
};

class FakeRecorder extends EventTarget {
  mimeType = 'video/webm';
  state = 'recording';
  start() {
    recorders.push(this);
  }
  give(text) {
    this.dispatchEvent(Object.assign(new Event('dataavailable'), { data: new Blob([text]) }));
  }
  stop() {
    this.state = 'inactive';
    this.dispatchEvent(new Event('stop'));
  }
}

beforeEach(() => {
  newPage();
  [told, recorders, kept] = [[], [], new Map()];
  video = document.createElement('video');
  stream = newStream(['audio', 'video']);
  values = {
    gain: 0.5,
    microphone: true,
    camera: false,
    record: true,
    recordMode: 'record',
    publish: null,
    play: null,
  };
  globalThis.MediaRecorder = FakeRecorder;
  globalThis.MediaStream = class {};
  globalThis.reportError = (error) => told.push(['error', error.message]);
});

function open(wanted) {
  Object.assign(values, wanted);
  const hooks = {
    screen: { video },
    devices: { open: async () => stream },
    connected: () => told.push(['connected']),
    closed: () => told.push(['closed']),
    opened: () => studio.refresh(),
    change: (name, value) => {
      values[name] = value;
      told.push([name, value]);
      studio.refresh();
    },
    wishes: (name) => values[name] ?? null,
  };
  studio = new Studio('rtmp://host/app', hooks, recordings);
  studio.start();
}

async function set(wanted) {
  Object.assign(values, wanted);
  studio.refresh();
  await settle();
}

async function record(name, text, mode = 'record') {
  open({ publish: name, recordMode: mode });
  await set({ recording: true });
  recorders.at(-1).give(text);
  studio.stop();
  values.recordMode = 'record'; // as the next src has it
  await settle();
}

async function textsOf(key) {
  return Promise.all((kept.get(key) ?? []).map(({ blob }) => blob.text()));
}

test('what is published with record is kept', async () => {
  await record('file1', 'one');
  assert.deepEqual(await textsOf('//host/app/file1'), ['one']);
  assert.equal(kept.get('//host/app/file1')[0].blob.type, 'video/webm');
  assert.ok(stream.getTracks().every(({ stopped }) => stopped));
  await record('file1', 'two');
  assert.deepEqual(await textsOf('//host/app/file1'), ['two']);
  await record('file1', 'three', 'append');
  assert.deepEqual(await textsOf('//host/app/file1'), ['two', 'three']);
});

test('recording pauses into a new recording, and follows the properties', async () => {
  open({ publish: 'file1' });
  await set({ recording: true });
  assert.deepEqual(
    stream.getTracks().map(({ enabled }) => enabled),
    [true, false],
  );
  recorders[0].give('one');
  assert.deepEqual(told.slice(1), [
    ['bandwidth', 3],
    ['currentTime', 0],
  ]);
  await set({ recording: false });
  assert.deepEqual(await textsOf('//host/app/file1'), ['one']);
  assert.equal(studio.stream(), null);
});

test('what was recorded is played', async () => {
  URL.createObjectURL = (blob) => `blob:${blob.size}`;
  const revoked = [];
  URL.revokeObjectURL = (url) => revoked.push(url);
  await record('file1', 'one');
  told.length = 0;
  open({ publish: null, play: 'file1', playing: true });
  studio.refresh();
  await settle();
  assert.deepEqual(told, [['connected'], ['bytesTotal', 3], ['bytesLoaded', 3]]);
  assert.deepEqual([video.src, video.done.at(-1)], ['blob:3', 'play']);
  studio.stop();
  assert.deepEqual([video.src, revoked], [undefined, ['blob:3']]);
});

test('what was never recorded here is not there', async () => {
  open({ play: 'file2' });
  studio.refresh();
  await settle();
  assert.deepEqual(told, [['connected'], ['closed']]);
});

test('nobody else hears what is published, so it is refused', () => {
  open({ publish: 'live1', record: false });
  assert.deepEqual(told, [['closed']]);
  told.length = 0;
  open({ publish: null });
  assert.deepEqual(told, [['closed']]);
});

test('without microphone and camera nothing is recorded', async () => {
  stream = Promise.reject(new Error('denied'));
  open({ publish: 'file1' });
  await set({ recording: true });
  assert.deepEqual(told, [['connected'], ['recording', false]]);
});

test('a recording that finds no room is told', async () => {
  const { put } = recordings;
  recordings.put = async () => {
    throw new Error('no room');
  };
  try {
    open({ publish: 'file1' });
    await set({ recording: true });
    await set({ recording: false });
    assert.deepEqual(told.slice(-2), [['error', 'no room'], ['closed']]);
  } finally {
    recordings.put = put;
  }
});
