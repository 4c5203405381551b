import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Call } from '../src/call.js';
import { Phone } from '../src/phone.js';
import { FakeMicrophone, FakeSession, response } from './fakes.js';

const status = (code) => ({ status_line: { status_code: code } });

/** A phone that is registered, and whose sessions a test moves by hand. */
function registered() {
  const sessions = [];
  const sounds = [];
  const line = {
    state: 'registered',
    ready: true,
    words: '',
    refused: 0,
    wasRegistered: true,
    connected: true,
    account: { name: 'alice', domain: 'localhost' },
    start() {},
    stop() {},
    call(uri) {
      const session = new FakeSession();
      session.uri = uri;
      sessions.push(session);
      return session;
    },
  };
  const phone = new Phone(
    { changed() {}, sound: (stream) => sounds.push(stream), refused() {}, ended() {}, trace() {} },
    { makeLine: () => line, openMicrophone: async () => new FakeMicrophone() },
  );
  phone.register('ws://localhost/ws', { name: 'alice', domain: 'localhost', password: 'x', displayName: '' });
  return { phone, sessions, sounds, line };
}

function answer(session) {
  session.emit('accepted', { originator: 'remote', response: response(200) });
  session.emit('confirmed', {});
}

async function talking() {
  const made = registered();
  await made.phone.calls.dial('bob');
  answer(made.sessions[0]);
  return made;
}

test('sends the other side on, and says so', async () => {
  const {
    phone,
    sessions: [session],
  } = await talking();
  phone.calls.transfer('carol');
  assert.deepEqual(session.asked.at(-1), ['refer', 'sip:carol@localhost', undefined]);
  assert.equal(phone.call.transfer.name, 'carol');
  assert.equal(phone.call.transfer.rings, false);
  session.told.progress({});
  assert.ok(phone.call.transfer.rings);
  phone.calls.transfer('dave');
  assert.equal(session.asked.filter(([what]) => what === 'refer').length, 1, 'one at a time');
  session.told.accepted(status(200));
  assert.equal(phone.call, null);
  assert.deepEqual(phone.message, { words: 'bob talks to carol now. Talked 0:00.', kind: 'plain', about: 'call' });
});

test('the call goes on when the other side cannot be sent', async () => {
  const {
    phone,
    sessions: [session],
  } = await talking();
  phone.calls.transfer('carol');
  session.told.failed(status(603));
  assert.equal(phone.call.state, 'up');
  assert.equal(phone.message.words, 'carol declined the call.');
  phone.calls.transfer('carol');
  session.told.requestFailed({ response: { status_code: 403 } });
  assert.equal(phone.message.words, 'You may not call carol.');
  phone.calls.transfer('carol');
  session.told.requestFailed({ response: null });
  assert.equal(phone.message.words, 'carol did not answer.');
  phone.calls.transfer('50%');
  assert.equal(phone.message.words, '50% is not an address.');
  assert.equal(phone.call.transfer, null);
});

test('asks first, then connects both', async () => {
  const { phone, sessions } = await talking();
  await phone.calls.dial('carol');
  assert.deepEqual(sessions[0].asked, [['hold']]);
  assert.equal(phone.calls.waiting[0].peer.name, 'bob');
  assert.equal(phone.call.peer.name, 'carol');
  phone.calls.connect(phone.calls.others[0]);
  assert.equal(sessions[0].asked.length, 1, 'carol has not answered');
  answer(sessions[1]);
  phone.calls.connect(phone.calls.others[0]);
  assert.deepEqual(sessions[0].asked.at(-1), ['refer', 'sip:carol@localhost', sessions[1]]);
  sessions[1].emit('ended', { originator: 'remote', cause: 'Terminated', message: null }); // by the bridge
  assert.equal(phone.call.peer.name, 'bob');
  assert.equal(phone.message, null);
  sessions[0].told.accepted(status(200));
  assert.equal(phone.call, null);
  assert.equal(phone.message.words, 'bob talks to carol now. Talked 0:00.');
});

test('who was asked does not want to: back to the one who waits', async () => {
  const { phone, sessions, sounds } = await talking();
  phone.call.media.sound = 'of bob';
  await phone.calls.dial('carol');
  sessions[1].emit('failed', { originator: 'remote', cause: 'Busy', message: response(486) });
  assert.deepEqual(phone.calls.waiting, []);
  assert.equal(phone.call.peer.name, 'bob');
  assert.equal(phone.message.words, 'carol is busy.');
  assert.deepEqual(sounds, ['of bob'], 'bob is heard again');
  await phone.calls.dial('dave');
  answer(sessions[2]);
  sessions[0].emit('ended', { originator: 'remote', cause: 'Terminated', message: null });
  assert.deepEqual(phone.calls.waiting, []);
  assert.equal(phone.call.peer.name, 'dave', 'bob waits no more, dave is still there');
});

test('nothing is sent on before the call is up, or while the service is away', async () => {
  const { phone, sessions, line } = registered();
  await phone.calls.dial('bob');
  phone.calls.transfer('carol');
  await phone.calls.dial('carol');
  answer(sessions[0]);
  line.connected = false;
  phone.calls.transfer('carol');
  assert.deepEqual(sessions[0].asked, []);
});

test('a call that is over sends nobody', () => {
  const call = new Call('outgoing', { name: 'bob', address: 'bob@localhost' }, { changed() {}, sound() {} });
  call.hangUp();
  call.sendTo('sip:carol@localhost', 'carol');
  assert.equal(call.transfer, null);
});
