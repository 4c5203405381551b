import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pictures } from '../src/pictures.js';

class FakeTransceiver {
  direction = 'recvonly';
  currentDirection = null;
  receiver = { track: { kind: 'video' } };
  sender = {
    track: null,
    async replaceTrack(track) {
      this.track = track;
    },
  };
}

class FakeConnection {
  transceivers = [];
  getTransceivers() {
    return this.transceivers;
  }
  addTransceiver(track, { direction }) {
    const transceiver = Object.assign(new FakeTransceiver(), { direction });
    transceiver.sender.track = track;
    this.transceivers.push(transceiver);
  }
}

function stream() {
  const track = { stopped: false, stop: () => (track.stopped = true) };
  return { track, getTracks: () => [track], getVideoTracks: () => [track] };
}

test('the camera is shown and hidden in one section', async () => {
  const connection = new FakeConnection();
  const pictures = new Pictures(() => {});
  const camera = stream();
  assert.equal(await pictures.show(connection, 'camera', camera), true, 'to be agreed on');
  const [section] = connection.transceivers;
  assert.equal(section.sender.track, camera.track);
  section.currentDirection = 'sendrecv';
  const screen = stream();
  assert.equal(await pictures.show(connection, 'screen', screen), false, 'agreed on already');
  assert.equal(section.sender.track, screen.track);
  assert.ok(camera.track.stopped);
  await pictures.hide(connection);
  assert.deepEqual([section.direction, section.sender.track, pictures.showing], ['recvonly', null, 'nothing']);
  assert.ok(screen.track.stopped);
  section.currentDirection = 'recvonly';
  assert.equal(await pictures.show(connection, 'camera', stream()), true);
  assert.equal(connection.transceivers.length, 1);
});

test('what comes is seen while it comes', (t) => {
  globalThis.MediaStream = class {};
  t.after(() => delete globalThis.MediaStream);
  let changes = 0;
  const pictures = new Pictures(() => (changes += 1));
  assert.equal(pictures.remote, null);
  const track = Object.assign(new EventTarget(), { muted: true, readyState: 'live' });
  pictures.take(track);
  assert.equal(pictures.remote, null, 'nothing has come yet');
  track.muted = false;
  track.dispatchEvent(new Event('unmute'));
  assert.ok(pictures.remote);
  assert.equal(changes, 2);
});
