import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { keptCall } from '../src/kept.js';
import { wordsForState } from '../src/callnews.js';
import { FakeSession, response } from './fakes.js';
import { answer, several } from './several.js';

beforeEach(() => {
  globalThis.MediaStream = class {
    constructor(tracks) {
      this.tracks = tracks;
    }
  };
});
afterEach(() => delete globalThis.MediaStream);

const offer = { call_id: 'call-2', to_tag: 'mine', from_tag: 'theirs', body: 'm=audio 9 x\r\nm=video 9 x\r\n' };
const video = (direction) => ({ direction, currentDirection: direction, receiver: { track: { kind: 'video' } } });
const kindsOf = ({ mediaStream }) => mediaStream.tracks.map(({ kind }) => kind);

function incoming(calls, request = offer) {
  const session = new FakeSession();
  calls.receive(session, request);
  return session;
}

test('a call begins with the camera on', async () => {
  const { calls, sessions, cameras } = several();
  calls.seen = true;
  await calls.dial('bob');
  assert.deepEqual(kindsOf(sessions[0].options), ['audio', 'video']);
  assert.equal(sessions[0].options.mediaConstraints.video, true);
  assert.equal(calls.active.media.pictures.showing, 'camera');
  calls.hangUp();
  assert.equal(cameras[0].open, false);
});

test('without a camera it begins with sound', async () => {
  const { calls, sessions, said, cameras } = several();
  Object.assign(calls, { seen: true });
  cameras.none = true;
  await calls.dial('bob');
  assert.equal(said.at(-1), 'No camera was found. You are heard, and not seen.');
  assert.equal(sessions[0].options.mediaConstraints.video, false);
});

test('a camera that is unplugged is shown no more', async () => {
  const { calls, sessions, cameras } = several();
  calls.seen = true;
  await calls.dial('bob');
  const section = Object.assign(video('sendrecv'), {
    sender: { replaceTrack: async (track) => (section.track = track) },
  });
  sessions[0].connection.transceivers = [section];
  answer(sessions[0]);
  cameras[0].track.dispatchEvent(new Event('ended'));
  await new Promise(setImmediate);
  assert.deepEqual([section.direction, section.track], ['recvonly', null]);
  assert.deepEqual(sessions[0].asked, [['renegotiate']]);
});

test('who takes no pictures is named, and the camera closed', async () => {
  const { calls, sessions, said, cameras } = several();
  calls.seen = true;
  await calls.dial('bob');
  const { connection } = sessions[0];
  connection.transceivers = [video('sendrecv')];
  connection.dispatchEvent(new Event('signalingstatechange'));
  assert.ok(cameras[0].open, 'it was not refused');
  connection.transceivers = [video('stopped')];
  connection.dispatchEvent(new Event('signalingstatechange'));
  assert.equal(cameras[0].open, false);
  assert.equal(said.at(-1), 'bob takes no video. You are heard, but not seen.');
  assert.equal(calls.active.media.pictures.showing, 'nothing');
});

test('a call with pictures says so, and is answered with or without', async () => {
  for (const [seen, request, kinds] of [
    [undefined, offer, 1],
    [true, offer, 2],
    [true, { ...offer, body: 'm=audio 9 x\r\nm=video 0 x\r\n' }, 1],
  ]) {
    const { calls } = several();
    const session = incoming(calls, request);
    assert.equal(wordsForState(calls.active).includes('with video'), request === offer);
    await calls.answer(calls.active, seen);
    const { mediaStream } = session.asked[0][1];
    assert.equal((mediaStream.tracks ?? [mediaStream.track]).length, kinds);
  }
});

test('a reloaded page is seen again', async () => {
  for (const seen of ['no', 'other', 'both']) {
    const { calls, sessions } = several();
    calls.seen = seen === 'both';
    await calls.dial('bob');
    if (seen !== 'no') sessions[0].connection.transceivers = [video('sendrecv')];
    answer(sessions[0]);
    const kept = keptCall(calls.active, true);
    assert.equal(kept.seen, seen);

    const next = several();
    next.calls.resume([kept]);
    assert.equal(keptCall(next.calls.active, true).seen, seen, 'and again');
    await new Promise(setImmediate);
    const [session] = next.sessions;
    assert.equal(next.cameras.length, seen === 'both' ? 1 : 0);
    session.connection.transceivers = seen === 'both' ? [video('sendrecv')] : [];
    session.emit('connecting', {});
    assert.deepEqual(
      session.connection.transceivers.map(({ direction }) => direction),
      { no: [], other: ['recvonly'], both: ['sendrecv'] }[seen],
    );
  }
});

test('without its camera a reloaded page still sees', async () => {
  const { calls, sessions, cameras, said } = several();
  cameras.none = true;
  const dialog = { callId: 'a', localTag: 'b', remoteTag: 'c' };
  calls.resume([{ direction: 'outgoing', peer: { name: 'bob', address: 'bob@localhost' }, dialog, seen: 'both' }]);
  await new Promise(setImmediate);
  sessions[0].emit('connecting', {});
  assert.equal(sessions[0].connection.transceivers[0].direction, 'recvonly');
  assert.match(said.at(-1), /No camera was found/);
  sessions[0].emit('accepted', { originator: 'remote', response: response(200) });
});
