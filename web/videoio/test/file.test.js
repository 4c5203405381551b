import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { File } from '../src/file.js';
import { newPage } from './fakes.js';

let video, values, told, file;

beforeEach(() => {
  newPage();
  video = document.createElement('video');
  values = { playing: false, loop: false, preload: false };
  told = [];
});

function load(parts) {
  const hooks = {
    screen: { video },
    connected: () => told.push(['connected']),
    change: (name, value) => {
      told.push([name, value]);
      values[name] = value;
      file.refresh();
    },
    wishes: (name) => values[name],
  };
  file = new File(parts, hooks);
  file.start();
}

function run(playing) {
  values.playing = playing;
  file.refresh();
}

const whole = [{ url: 'https://h/a.webm', seconds: NaN }];
const parts = [
  { url: 'blob:1', seconds: 2 },
  { url: 'blob:2', seconds: 3 },
];

test('a file is loaded, played, paused, and at its end', () => {
  load(whole);
  assert.deepEqual([video.src, video.autoplay, video.preload], ['https://h/a.webm', false, 'metadata']);
  video.tell('loadstart');
  video.duration = 10;
  video.tell('durationchange');
  run(true);
  video.tell('playing');
  video.currentTime = 4;
  video.tell('timeupdate');
  run(false);
  video.tell('pause');
  run(true);
  video.tell('waiting');
  video.tell('ended');
  assert.deepEqual(video.done, ['play', 'pause', 'play', 'pause']);
  assert.deepEqual(told, [
    ['connected'],
    ['playerState', 'loading'],
    ['duration', 10],
    ['playerState', 'playing'],
    ['currentTime', 4],
    ['playerState', 'paused'],
    ['playerState', 'buffering'],
    ['playerState', 'stopped'],
    ['playing', false],
  ]);
});

test('a file that cannot be had is told', () => {
  load(whole);
  video.tell('error');
  assert.deepEqual(told.at(-1), ['playerState', 'connectionError']);
});

test('a loop begins again', () => {
  load(whole);
  values.loop = true;
  run(true);
  video.tell('ended');
  assert.deepEqual(told.slice(-2), [
    ['playing', false],
    ['playing', true],
  ]);
  assert.equal(video.done.at(-1), 'play');
});

test('parts are one file', () => {
  load(parts);
  video.tell('durationchange');
  assert.deepEqual(told.at(-1), ['duration', 5]);
  run(true);
  video.tell('ended');
  assert.deepEqual([video.src, video.done.at(-1)], ['blob:2', 'play']);
  video.currentTime = 1;
  video.tell('timeupdate');
  assert.deepEqual(told.at(-1), ['currentTime', 3]);
  video.tell('ended');
  assert.deepEqual([video.src, told.at(-1)], ['blob:1', ['playing', false]]);
});

test('seeking finds the part', () => {
  load(parts);
  for (const [seconds, url, place] of [
    [4, 'blob:2', 2],
    [1, 'blob:1', 1],
    [-1, 'blob:1', 0],
    [99, 'blob:2', 97],
    [NaN, 'blob:2', 97],
  ]) {
    file.seek(seconds);
    assert.deepEqual([video.src, video.currentTime], [url, place], String(seconds));
  }
});

test('a file that is left says nothing more', () => {
  load(whole);
  told.length = 0;
  file.stop();
  video.tell('error');
  video.tell('ended');
  assert.deepEqual(told, []);
  assert.deepEqual([video.src, video.autoplay], [undefined, true]);
});
