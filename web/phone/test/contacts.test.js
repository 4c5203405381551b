import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { mock, test } from 'node:test';
import { Contacts } from '../src/contacts.js';
import { presenceDocument } from '../src/presence.js';
import { Publication } from '../src/publication.js';
import { Store } from '../src/store.js';
import { FakeStorage } from './fakestorage.js';
import { response } from './fakes.js';

/** JsSIP's agent, as far as subscriptions go. */
class FakeAgent {
  subscribers = [];

  subscribe(uri) {
    const subscriber = Object.assign(new EventEmitter(), { uri, subscribe() {}, terminate: mock.fn() });
    this.subscribers.push(subscriber);
    return subscriber;
  }
}

function newContacts(storage = new FakeStorage()) {
  const contacts = new Contacts(
    new Store(() => storage),
    () => {},
    (state) => ({ state, note: '' }),
  );
  contacts.open({ uri: 'sip:alice@localhost', domain: 'localhost' });
  return contacts;
}

const states = ({ people }) => people.map(({ name, state }) => `${name} ${state}`);

test('watches its people, and again after each registration', () => {
  const contacts = newContacts();
  const agent = new FakeAgent();
  contacts.watch(agent);
  assert.equal(contacts.add('zoe', ''), '');
  assert.equal(contacts.add('sip:bob@example.org', 'Bob'), '');
  assert.deepEqual(states(contacts), ['Bob unknown', 'zoe unknown']);
  agent.subscribers[1].emit('notify', false, {}, 'available');
  assert.deepEqual(states(contacts), ['Bob available', 'zoe unknown']);
  contacts.watch(null);
  assert.deepEqual(states(contacts), ['Bob unknown', 'zoe unknown']);
  contacts.watch(agent);
  assert.deepEqual(
    agent.subscribers.slice(2).map(({ uri }) => uri),
    ['sip:bob@example.org', 'sip:zoe@localhost'],
  );
  contacts.remove('bob@example.org');
  assert.equal(agent.subscribers[2].terminate.mock.callCount(), 1);
  assert.deepEqual(states(contacts), ['zoe unknown']);
});

test('tries a lost subscription again', () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const contacts = newContacts();
  const agent = new FakeAgent();
  contacts.watch(agent);
  contacts.add('bob', '');
  agent.subscribers[0].emit('notify', false, {}, 'busy');
  agent.subscribers[0].emit('terminated');
  assert.deepEqual(states(contacts), ['bob unknown']);
  mock.timers.tick(30_000);
  assert.equal(agent.subscribers.length, 2);
  agent.subscribers[1].emit('terminated');
  contacts.watch(null);
  mock.timers.tick(60_000);
  assert.equal(agent.subscribers.length, 2);
  mock.timers.reset();
});

test('keeps people for the next visit, without what changes by itself', () => {
  const storage = new FakeStorage();
  newContacts(storage).add('bob', 'Bobby');
  assert.equal(
    storage.getItem('sipbridge.contacts.sip:alice@localhost'),
    '[{"name":"Bobby","address":"bob@localhost"}]',
  );
  const again = newContacts(storage);
  assert.deepEqual(states(again), ['Bobby unknown']);
  again.add('bob', 'Rob');
  assert.deepEqual(states(again), ['Rob unknown'], 'one entry for one address');
  assert.match(again.add('50%', ''), /not an address/);
  storage.setItem('sipbridge.contacts.sip:alice@localhost', '[{"address":1},{"address":"x@y"}]');
  assert.deepEqual(states(newContacts(storage)), ['x@y unknown']);
});

test('writes documents that are XML whoever the user is', () => {
  const text = presenceDocument('sip:a"<&b@localhost', 'talking');
  assert.match(text, /entity="sip:a&#34;&#60;&#38;b@localhost"/);
  assert.match(text, /<basic>open<.*<rp:on-the-phone\/>/);
  assert.match(presenceDocument('sip:a@b', 'offline'), /<basic>closed</);
});

test('publishes one thing after the other, and takes it back', () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const sent = [];
  const publication = new Publication({}, 'sip:alice@localhost', (_agent, method, _uri, { headers }, answered) =>
    sent.push({ method, headers, answered }),
  );
  publication.set('available');
  assert.equal(sent.length, 0, 'the service tells by itself who is registered');
  publication.set('busy');
  publication.set('away');
  assert.equal(sent.length, 1, 'one request at a time');
  sent[0].answered(response(200, { headers: { 'SIP-ETag': 'one' } }));
  assert.ok(sent[1].headers.includes('SIP-If-Match: one'));
  sent[1].answered(response(200, { headers: { 'SIP-ETag': 'two' } }));
  mock.timers.tick(90_000);
  sent[2].answered(response(412));
  assert.ok(!sent[3].headers.some((header) => header.startsWith('SIP-If-Match')), 'it is published anew');
  sent[3].answered(response(200, { headers: { 'SIP-ETag': 'three' } }));
  publication.set('available');
  assert.ok(sent[4].headers.includes('Expires: 0') && sent[4].headers.includes('SIP-If-Match: three'));
  sent[4].answered(response(200));
  publication.set('busy');
  sent[5].answered(response(489));
  mock.timers.tick(200_000);
  assert.equal(sent.length, 6, 'a service that takes none is not asked again');
  mock.timers.reset();
});
