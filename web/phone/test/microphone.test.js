import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closeMicrophone, openMicrophone } from '../src/microphone.js';
import { FakeMicrophone, mediaError } from './fakes.js';

const faults = [
  ['NotAllowedError', /not allowed for this page/],
  ['NotFoundError', /No microphone was found/],
  ['NotReadableError', /in use by another program/],
  ['SomethingNewError', /could not be opened \(SomethingNewError\)/],
];

for (const [name, words] of faults) {
  test(`a microphone with ${name}`, async () => {
    const devices = {
      getUserMedia: async () => {
        throw mediaError(name);
      },
    };
    await assert.rejects(openMicrophone(devices), words);
  });
}

test('a page without devices', async () => {
  await assert.rejects(openMicrophone(null), /https:\/\/ or from localhost/);
});

test('takes another microphone when the one that was chosen is gone', async () => {
  const wanted = { deviceId: { exact: 'gone' } };
  const asked = [];
  const devices = (name) => ({
    getUserMedia: async ({ audio }) => {
      asked.push(audio);
      if (audio === wanted) throw mediaError(name);
      return new FakeMicrophone();
    },
  });
  await openMicrophone(devices('OverconstrainedError'), wanted);
  assert.deepEqual(asked, [wanted, true]);
  await assert.rejects(openMicrophone(devices('NotAllowedError'), wanted), /not allowed/);
  assert.deepEqual(asked, [wanted, true, wanted]);
});

test('opens for sound alone, and closes', async () => {
  const microphone = new FakeMicrophone();
  let wanted;
  const devices = {
    getUserMedia: async (constraints) => {
      wanted = constraints;
      return microphone;
    },
  };
  assert.equal(await openMicrophone(devices), microphone);
  assert.deepEqual(wanted, { audio: true, video: false });
  closeMicrophone(microphone);
  assert.equal(microphone.open, false);
  closeMicrophone(null);
});
