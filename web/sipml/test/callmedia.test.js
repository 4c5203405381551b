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
