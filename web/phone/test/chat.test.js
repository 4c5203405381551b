import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Chat, keptConversation } from '../src/chat.js';
import { wordsForMessage } from '../src/chatwords.js';

/** A chat whose ways note what leaves, and answer when the test says so. */
function newChat({ registered = true, calls = [], before = [] } = {}) {
  const sent = [];
  let kept = before;
  const note = (way) => (text, answered) => sent.push({ way, text, answered });
  const chat = new Chat(
    () => ({
      domain: 'localhost',
      page: registered ? (uri, text, answered) => note(uri)(text, answered) : null,
      call: (address) => (calls.includes(address) ? note(`call with ${address}`) : null),
    }),
    {
      changed() {},
      keep: (conversations) => {
        kept = structuredClone(conversations);
      },
    },
  );
  chat.open(before, false);
  return { chat, sent, kept: () => kept };
}

const bob = { name: 'Bob', address: 'bob@localhost' };

test('sends, and says what became of it', () => {
  const { chat, sent } = newChat();
  chat.send('bob', 'Pêche 🎣');
  assert.deepEqual([sent[0].way, sent[0].text], ['sip:bob@localhost', 'Pêche 🎣']);
  assert.equal(chat.current.texts[0].state, 'sending');
  sent[0].answered(200);
  assert.equal(chat.current.texts[0].state, 'sent');
  chat.send('bob', 'again');
  sent[1].answered(480);
  assert.equal(chat.current.texts[1].state, 'failed');
  assert.match(chat.current.texts[1].why, /^bob is not there/);
});

test('sends through the call with that party', () => {
  const { chat, sent } = newChat({ calls: ['bob@localhost'] });
  chat.send('sip:bob@localhost', 'hello');
  chat.send('carol', 'hello');
  assert.deepEqual(
    sent.map(({ way }) => way),
    ['call with bob@localhost', 'sip:carol@localhost'],
  );
});

test('says why nothing leaves', () => {
  const { chat, sent } = newChat({ registered: false });
  chat.send('bob', 'hello');
  assert.match(chat.current.texts[0].why, /not registered/);
  chat.send('50%', 'hello');
  assert.equal(chat.current.texts[0].why, '50% is not an address.');
  chat.send('bob', '  \n ');
  chat.send(' ', 'hello');
  assert.equal(sent.length, 0);
  assert.equal(chat.conversations.length, 2);
});

test('sends again what failed', () => {
  const { chat, sent } = newChat();
  chat.send('bob', 'one');
  chat.send('bob', 'two');
  sent[0].answered(480);
  chat.again(chat.current.texts[0]);
  assert.deepEqual(
    chat.current.texts.map(({ text, state }) => `${text} ${state}`),
    ['two sending', 'one sending'],
  );
  chat.again(chat.current.texts[0]); // it has not failed
  assert.equal(sent.length, 3);
});

test('counts what nobody has read', () => {
  const { chat } = newChat();
  chat.receive(bob, 'one');
  assert.equal(chat.shown, bob.address, 'it is shown, since nothing else is');
  chat.receive({ name: 'Carol', address: 'carol@localhost' }, 'two');
  assert.equal(chat.shown, bob.address, 'what is shown stays');
  assert.equal(chat.unread, 2);
  chat.read();
  assert.equal(chat.unread, 1);
  chat.show('carol@localhost');
  chat.read();
  assert.equal(chat.unread, 0);
  assert.equal(chat.conversations[0].peer.name, 'Carol', 'the newest comes first');
});

test('keeps no more than it should', () => {
  const { chat } = newChat();
  for (let i = 0; i < 300; i++) chat.receive(bob, String(i));
  assert.equal(chat.current.texts.length, 200);
  assert.equal(chat.current.texts.at(-1).text, '299');
  for (let i = 0; i < 60; i++) chat.receive({ name: 'x', address: `x${i}@localhost` }, 'hi');
  assert.equal(chat.conversations.length, 50);
});

test('goes on after a reload, and knows nothing of what was on its way', () => {
  const first = newChat();
  first.chat.receive(bob, 'hello');
  first.chat.send('bob', 'hi');
  const { chat } = newChat({ before: JSON.parse(JSON.stringify(first.kept())).map(keptConversation) });
  assert.equal(chat.shown, bob.address);
  assert.equal(chat.unread, 1);
  assert.deepEqual(
    chat.current.texts.map(({ state }) => state),
    ['received', 'failed'],
  );
  for (const value of [null, 1, {}, { peer: {} }, { peer: { address: 'x' } }]) {
    assert.equal(keptConversation(value), null);
  }
  assert.equal(keptConversation({ peer: { address: 'x' }, texts: [null] }).texts[0].text, '');
});

test('finds the conversation with whom was typed', () => {
  const { chat } = newChat();
  chat.receive(bob, 'one');
  chat.showTyped('carol');
  assert.equal(chat.current, null);
  chat.showTyped(' sip:bob ');
  assert.equal(chat.current?.peer.name, 'Bob');
  chat.showTyped(' ');
  assert.equal(chat.shown, '');
});

test('shows each account its own', () => {
  const { chat } = newChat({ registered: false });
  chat.send('bob', 'too early');
  const carol = { peer: { name: 'Carol', address: 'carol@localhost' }, texts: [], unread: 0 };
  const older = { peer: bob, texts: [], unread: 0 };
  chat.open([carol, older], true);
  assert.deepEqual(
    chat.conversations.map(({ peer, texts }) => [peer.address, texts.length]),
    [
      ['bob@localhost', 1],
      ['carol@localhost', 0],
    ],
  );
  chat.open([], false);
  assert.deepEqual([chat.conversations, chat.shown, chat.unread], [[], '', 0]);
});

test('has words for every refusal', () => {
  assert.equal(wordsForMessage(404, '$&'), 'Nobody here is called $&. Check the name.');
  assert.match(wordsForMessage(699, 'bob'), /bob.*699/);
  assert.match(wordsForMessage(0, 'bob'), /connection/);
});
