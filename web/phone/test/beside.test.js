import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { Beside } from '../src/beside.js';
import { FakeStorage } from './fakestorage.js';

/** JsSIP's agent, as far as texts go. */
class FakeAgent extends EventEmitter {
  sent = [];
  sendMessage(uri, text, { eventHandlers }) {
    this.sent.push([uri, text]);
    this.handlers = eventHandlers;
  }
}

/** A text that comes in; refused is the status it gets. */
function incoming(text, type) {
  const told = { originator: 'remote', request: { body: text, getHeader: () => type } };
  told.message = {
    remote_identity: { display_name: '', uri: { user: 'b%C3%B6b', host: 'localhost' } },
    reject: ({ status_code: status }) => (told.refused = status),
  };
  return told;
}

function newBeside() {
  const local = new FakeStorage();
  const wrote = [];
  const published = [];
  const beside = new Beside(
    { changed() {}, wrote: ({ name }) => wrote.push(name) },
    { local: () => local, tab: () => local },
    () => ({ set: (state) => published.push(state), stop() {} }),
  );
  const agent = new FakeAgent();
  const line = { state: 'registered', account: { uri: 'sip:alice@localhost', domain: 'localhost' }, agent };
  return { beside, agent, line, wrote, published };
}

test('reads texts, and refuses what is none', () => {
  const { beside, agent, line, wrote } = newBeside();
  beside.follow({ line, calls: [] });
  beside.follow({ line, calls: [] });
  agent.emit('newMessage', incoming('<b>hi</b>', 'text/plain;charset=UTF-8'));
  const html = incoming('<b>hi</b>', 'text/html');
  agent.emit('newMessage', html);
  assert.equal(html.refused, 415);
  assert.deepEqual(wrote, ['böb']);
  assert.equal(beside.chat.current.texts[0].text, '<b>hi</b>');
});

test('writes outside of calls and in them', () => {
  const { beside, agent, line } = newBeside();
  beside.chat.send('bob@localhost', 'early');
  assert.match(beside.chat.current.texts[0].why, /not registered/);
  const inCall = [];
  const call = { state: 'up', peer: { name: 'Bob', address: 'bob@localhost' }, sendText: (text) => inCall.push(text) };
  beside.follow({ line, calls: [call] });
  beside.chat.send('bob', 'in the call');
  beside.chat.send('carol', 'outside');
  assert.deepEqual(inCall, ['in the call']);
  assert.deepEqual(agent.sent, [['sip:carol@localhost', 'outside']]);
  agent.handlers.failed({ response: null, cause: 'Connection Error' });
  assert.match(beside.chat.current.texts[0].why, /connection to the service was lost/);
});

test('shows the chats of one account to nobody else', () => {
  const { beside, agent, line } = newBeside();
  beside.follow({ line, calls: [] });
  agent.emit('newMessage', incoming('for alice', 'text/plain'));
  beside.follow({ line: null, calls: [] });
  assert.equal(beside.chat.unread, 0);
  const account = { uri: 'sip:carol@localhost', domain: 'localhost' };
  beside.follow({ line: { ...line, account, agent: new FakeAgent() }, calls: [] });
  assert.equal(beside.chat.current, null);
  beside.follow({ line: { ...line, agent: new FakeAgent() }, calls: [] });
  assert.equal(beside.chat.current.texts[0].text, 'for alice');
  assert.equal(beside.chat.unread, 1);
});

test('tells others what the user does', () => {
  const { beside, line, published } = newBeside();
  const call = { state: 'ringing', peer: { name: 'Bob', address: 'bob@localhost' }, sendText() {} };
  beside.follow({ line, calls: [call] });
  call.state = 'up';
  beside.follow({ line, calls: [call] });
  beside.setState('busy');
  beside.follow({ line, calls: [] });
  beside.setState('available');
  assert.deepEqual(published, ['available', 'talking', 'busy', 'busy', 'available']);
});
