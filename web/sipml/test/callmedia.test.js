// @ts-check
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { CallMedia } from '../src/media/callmedia.js';
import { mediaTypeOf } from '../src/media/mediatype.js';
import { devices, settled, startedCore, stream } from './fakes.js';

/** @type {ReturnType<typeof devices>} */
let questions;
beforeEach(() => void (questions = devices()));

const newMedia = () =>
  new CallMedia(
    startedCore().core,
    () => {},
    () => {},
    () => {},
  );

test('another microphone before the call is not opened yet', async () => {
  await newMedia().useDevices({ audio_input: 'other' });
  assert.equal(questions.length, 0);
});

test('a microphone that is allowed after the end of the call is closed', async () => {
  const media = newMedia();
  const captured = media.capture(mediaTypeOf('call-audio'));
  questions[0].allow(stream());
  await captured;
  const changed = media.useDevices({ audio_input: 'other' });
  await settled();
  media.release();
  const late = stream();
  questions[1].allow(late);
  await changed;
  assert.equal(late.track.isStopped, true);
});

test('pictures are gone when their track is, not when the sound beside them is', (t) => {
  class Tracks {
    list = new Set();
    addTrack = (/** @type {object} */ track) => this.list.add(track);
    removeTrack = (/** @type {object} */ track) => this.list.delete(track);
  }
  Object.assign(globalThis, { MediaStream: Tracks });
  t.after(() => Reflect.deleteProperty(globalThis, 'MediaStream'));
  const media = newMedia();
  const connection = new EventTarget();
  media.attach(/** @type {any} */ (connection));
  const stream = /** @type {any} */ ({});
  const [sound, pictures] = [{ kind: 'audio' }, { kind: 'video' }];
  for (const track of [sound, pictures]) {
    connection.dispatchEvent(Object.assign(new Event('track'), { track, streams: [stream] }));
  }
  const shown = /** @type {any} */ (media.remote).list;
  stream.onremovetrack({ track: sound });
  assert.deepEqual([...shown], [sound, pictures]);
  stream.onremovetrack({ track: pictures });
  assert.deepEqual([...shown], [sound]);
});
