import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Phone } from '../src/phone.js';
import { FakeMicrophone, FakeSession, response } from './fakes.js';

const typed = { name: 'alice', domain: 'localhost', password: 'secret', displayName: '' };

/** A line that a test moves by hand. */
class FakeLine {
  state = 'off';
  words = '';
  refused = 0;
  wasRegistered = false;
  connected = true;
  called = [];

  constructor(account, listener) {
    this.account = account;
    this.listener = listener;
  }

  start() {
    this.move('connecting');
  }
  stop() {
    this.move('off');
  }

  get ready() {
    return this.state === 'registered' || this.state === 'open';
  }

  move(state, words = '') {
    if (state === 'registered') this.wasRegistered = true;
    Object.assign(this, { state, words });
    this.listener.changed();
  }

  call(uri) {
    this.session = new FakeSession();
    this.called.push(uri);
    return this.session;
  }
}

function newPhone() {
  const outside = {
    microphone: new FakeMicrophone(),
    openMicrophone: async () => outside.microphone,
    makeLine: (_, account, listener) => new FakeLine(account, listener),
  };
  const refused = [];
  const phone = new Phone(
    { changed() {}, sound() {}, refused: (account) => refused.push(account.name), ended() {}, trace() {} },
    { makeLine: outside.makeLine, openMicrophone: () => outside.openMicrophone() },
  );
  return { phone, outside, refused };
}

function registered() {
  const made = newPhone();
  made.phone.register('ws://localhost/ws', typed);
  made.phone.line.move('registered');
  return made;
}

const words = (phone) => phone.journal.entries.map((entry) => entry.words);

test('registers and calls', async () => {
  const { phone } = registered();
  assert.ok(phone.ready && phone.signedIn);
  await phone.calls.dial('echo');
  assert.deepEqual(phone.line.called, ['sip:echo@localhost']);
  assert.equal(phone.call.state, 'calling');
  assert.equal(phone.ready, false, 'one call at a time');
  await phone.calls.dial('tone');
  assert.deepEqual(phone.line.called, ['sip:echo@localhost']);
  phone.line.session.emit('failed', { originator: 'remote', cause: 'Busy', message: response(486) });
  assert.equal(phone.call, null);
  assert.deepEqual(phone.message, { words: 'echo is busy.', kind: 'bad', about: 'call' });
  assert.deepEqual(words(phone), ['echo is busy.', 'Calling echo', 'Registered as alice@localhost']);
  assert.equal(phone.journal.entries[0].detail, 'status 486, Call-ID call-1');
});

test('says what no account can be', () => {
  const { phone } = newPhone();
  assert.equal(phone.register('ws://localhost/ws', { ...typed, name: '' }), null);
  assert.equal(phone.message.words, 'Please enter your name.');
  assert.equal(phone.line, null);
});

test('no call without a line, a target or an address', async () => {
  const { phone } = newPhone();
  await phone.calls.dial('echo');
  assert.equal(phone.call, null);
  const { phone: ready } = registered();
  await ready.calls.dial('  ');
  assert.equal(ready.message, null);
  await ready.calls.dial('50%');
  assert.equal(ready.message.words, '50% is not an address.');
  assert.deepEqual(words(ready), ['50% is not an address.', 'Registered as alice@localhost'], 'nobody was called');
  assert.equal(ready.call, null);
});

test('a call without a microphone says why', async () => {
  const { phone, outside } = registered();
  outside.openMicrophone = async () => {
    throw new Error('No microphone was found.');
  };
  await phone.calls.dial('echo');
  assert.equal(phone.message.words, 'No microphone was found.');
  assert.deepEqual(phone.line.called, []);
});

test('cancelled before the microphone opened', async () => {
  const { phone, outside } = registered();
  const dialling = phone.calls.dial('echo');
  phone.calls.hangUp();
  await dialling;
  assert.deepEqual(phone.line.called, []);
  assert.equal(outside.microphone.open, false);
  assert.equal(phone.message.words, 'Call cancelled.');
});

test('a call comes in', async () => {
  const { phone } = registered();
  const session = new FakeSession();
  phone.line.listener.incoming(session, { call_id: 'a' });
  assert.equal(phone.call.state, 'incoming');
  await phone.calls.answer();
  assert.equal(session.asked[0][0], 'answer');
  assert.equal(phone.call.state, 'answering');
  session.emit('confirmed', {});
  session.emit('ended', { originator: 'remote', cause: 'Terminated', message: null });
  assert.match(phone.message.words, /^Bob hung up\. Talked 0:0\d\.$/);
  assert.equal(phone.journal.entries[0].detail, 'Call-ID a');
});

test('answering without a microphone lets it ring on', async () => {
  const { phone, outside } = registered();
  phone.line.listener.incoming(new FakeSession(), {});
  outside.openMicrophone = async () => {
    throw new Error('No microphone was found.');
  };
  await phone.calls.answer();
  assert.equal(phone.call.state, 'incoming');
  assert.equal(phone.message.words, 'No microphone was found.');
});

test('a lost line keeps the call, says so, and lets nobody hold', async () => {
  const { phone } = registered();
  await phone.calls.dial('bob');
  const { session } = phone.line;
  session.emit('confirmed', {});
  phone.line.connected = false;
  phone.line.move('lost', 'The connection was lost.');
  assert.equal(phone.call.state, 'up');
  assert.equal(phone.message.words, 'The connection was lost. The call goes on meanwhile.');
  phone.call.media.interrupted = true;
  phone.line.move('lost', 'The connection was lost.');
  assert.equal(phone.message.words, 'The connection was lost.', 'nothing goes on of which nothing is heard');
  phone.call.media.interrupted = false;
  phone.calls.toggleHold();
  assert.deepEqual(session.asked, []);
  phone.line.connected = true;
  phone.line.move('registered');
  assert.equal(phone.message, null);
  phone.calls.toggleHold();
  assert.deepEqual(session.asked, [['OPTIONS'], ['hold']]);
});

test('a call of which a service that was restarted knows nothing is over', async () => {
  const { phone } = registered();
  await phone.calls.dial('bob');
  const { session } = phone.line;
  session.emit('confirmed', {});
  phone.line.move('lost', 'The connection was lost.');
  phone.line.move('registered');
  session.answers.onDialogError({ status_code: 408 });
  assert.equal(phone.call.state, 'up', 'silence is no answer');
  session.answers.onDialogError({ status_code: 481 });
  assert.equal(phone.call, null);
  assert.match(phone.message.words, /^The service no longer has this call/);
});

test('why a call ended stays on the page while the line is lost, and afterwards', async () => {
  const { phone } = registered();
  await phone.calls.dial('bob');
  phone.line.session.emit('failed', { originator: 'remote', cause: 'Unavailable', message: response(503) });
  phone.line.move('lost', 'The connection was lost.');
  phone.line.move('lost', 'It cannot be reached.');
  const why = 'The service is too busy or shutting down. Try again later.';
  assert.deepEqual(phone.message, { words: `${why} It cannot be reached.`, kind: 'bad', about: 'line' });
  phone.line.move('registered');
  assert.deepEqual(phone.message, { words: why, kind: 'bad', about: 'call' });
});

test('how a call ended stays on the page when the line comes back', async () => {
  const { phone } = registered();
  await phone.calls.dial('bob');
  phone.line.session.emit('failed', { originator: 'remote', cause: 'Busy', message: response(486) });
  phone.line.move('registered');
  assert.equal(phone.message.words, 'bob is busy.');
});

test('a refused refresh leaves a call alone, and is told when that is over', async () => {
  const { phone, refused } = registered();
  await phone.calls.dial('bob');
  phone.line.refused = 401;
  phone.line.move('failed', 'Name or password is wrong.');
  assert.deepEqual(refused, []);
  assert.equal(phone.call.state, 'calling');
  phone.line.session.emit('failed', { originator: 'remote', message: response(486) });
  assert.deepEqual(refused, ['alice']);
});

test('signing out ends the call and the line', async () => {
  const { phone } = registered();
  await phone.calls.dial('bob');
  const { line } = phone;
  phone.unregister();
  assert.equal(line.state, 'off');
  assert.deepEqual(line.session.asked, [['terminate', undefined]]);
  assert.deepEqual([phone.line, phone.call, phone.message], [null, null, null]);
});

test('a refused refresh shows the form again', () => {
  const { phone, refused } = registered();
  phone.line.refused = 401;
  phone.line.move('failed', 'Name or password is wrong.');
  assert.deepEqual(refused, ['alice']);
  assert.equal(phone.signedIn, false);
  assert.equal(phone.message.words, 'Name or password is wrong.');
});
