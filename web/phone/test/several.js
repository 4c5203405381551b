// Several calls over one line, for tests.
import { Calls } from '../src/calls.js';
import { Journal } from '../src/journal.js';
import { FakeCamera, FakeMicrophone, FakeSession, response } from './fakes.js';

/** Calls over a line that is registered, whose sessions a test moves by hand. */
export function several() {
  const sessions = [];
  const heard = [];
  const said = [];
  const microphones = [];
  const cameras = [];
  const line = {
    state: 'registered',
    ready: true,
    connected: true,
    account: { uri: 'sip:alice@localhost', name: 'alice', domain: 'localhost' },
    whenConnected: (callback) => callback(),
    call(uri, options) {
      sessions.push(Object.assign(new FakeSession(), { uri, options }));
      return sessions.at(-1);
    },
  };
  const calls = new Calls({
    line: () => line,
    openMicrophone: async () => {
      if (microphones.none) throw new Error('No microphone was found.');
      microphones.push(new FakeMicrophone());
      return microphones.at(-1);
    },
    openCamera: async () => {
      if (cameras.none) throw new Error('No camera was found.');
      cameras.push(new FakeCamera());
      return cameras.at(-1);
    },
    locate: async () => calls.place ?? null,
    seen: () => calls.seen ?? false,
    journal: new Journal(() => {}),
    say: (words) => words && said.push(words),
    changed() {},
    ended() {},
    sound: (stream) => heard.push(stream),
  });
  return { calls, line, sessions, heard, said, microphones, cameras };
}

export function answer(session) {
  session.emit('accepted', { originator: 'remote', response: response(200) });
  session.emit('confirmed', {});
}
