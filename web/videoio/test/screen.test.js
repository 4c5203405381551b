import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { Screen } from '../src/screen.js';
import { newPage, newStream } from './fakes.js';

let screen, video, own, image, sizes;
const look = {
  heard: true,
  volume: 0.5,
  display: true,
  played: true,
  mirrored: true,
  zoom: 'in',
  smoothing: true,
  controls: false,
  poster: null,
};

beforeEach(() => {
  sizes = [];
  const element = newPage();
  screen = new Screen(element, (width, height) => sizes.push([width, height]));
  [video, own, image] = element.children;
  screen.set(look);
});

/** The other party begins to send pictures. */
function pictures(width = 640, height = 480) {
  [video.videoWidth, video.videoHeight] = [width, height];
  video.tell('resize');
}

test('the own camera is seen until the other party is', () => {
  screen.preview(newStream(['video']));
  assert.deepEqual([video.hidden, own.hidden], [true, false]);
  screen.play(newStream());
  pictures();
  assert.deepEqual([video.hidden, own.hidden], [false, true]);
  assert.deepEqual(sizes.at(-1), [640, 480]);
  screen.set({ ...look, played: false });
  assert.deepEqual([video.hidden, own.hidden], [true, false]);
  screen.set({ ...look, display: false });
  assert.deepEqual([video.hidden, own.hidden], [true, true]);
});

test('without pictures there is no size', () => {
  screen.play(null);
  assert.deepEqual(sizes.at(-1), [NaN, NaN]);
});

test('sound is heard when it is played, as loud as wanted', () => {
  for (const [heard, volume, muted, want] of [
    [true, 0.25, false, 0.25],
    [false, 1, true, 1],
    [true, 7, false, 1],
    [true, -1, false, 0],
    [true, NaN, false, 1],
  ]) {
    screen.set({ ...look, heard, volume });
    assert.deepEqual([video.muted, video.volume], [muted, want]);
  }
});

test('zoom, mirror, smoothing, controls and poster', () => {
  for (const [zoom, fit] of [
    ['in', 'cover'],
    ['out', 'contain'],
    [null, 'fill'],
    ['url(x)', 'fill'],
  ]) {
    screen.set({ ...look, zoom });
    assert.deepEqual([video.style.objectFit, own.style.objectFit], [fit, fit]);
  }
  screen.set({ ...look, mirrored: false, smoothing: false, controls: true, poster: 'https://h/face.jpg' });
  assert.deepEqual([own.style.transform, video.style.imageRendering, video.controls], ['', 'pixelated', true]);
  assert.equal(video.poster, 'https://h/face.jpg');
  screen.set(look);
  assert.deepEqual([own.style.transform, video.style.imageRendering, video.poster], ['scaleX(-1)', '', undefined]);
});

test('a snapshot is shown, and what is no picture is not', async () => {
  globalThis.createImageBitmap = async (blob) => {
    if (blob.size !== 3) throw new Error('no picture');
    return { width: 4, height: 3 };
  };
  image.getContext = () => ({ drawImage() {} });
  await screen.show('AAAA');
  assert.deepEqual([image.hidden, image.width, image.height], [false, 4, 3]);
  await screen.show(null);
  assert.equal(image.hidden, true);
  for (const none of ['AAAAAAAA', '<b>', '%']) {
    await screen.show(none);
    assert.equal(image.hidden, true, none);
  }
});

test('without pictures there is no snapshot', () => {
  assert.equal(screen.snapshot(100), null);
});

test('the screen is filled as far as the browser obeys', async () => {
  document.exitFullscreen = async () => {};
  assert.equal(await screen.fill(true), false, 'no click');
  const element = newPage();
  const other = new Screen(element, () => {});
  document.exitFullscreen = async () => {};
  element.requestFullscreen = async () => {};
  assert.equal(await other.fill(true), true);
  assert.equal(await other.fill(false), false);
});
