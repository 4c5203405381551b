// @ts-check
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { Publish } from '../src/publish.js';
import { Registration } from '../src/registration.js';
import { response, startedCore } from './fakes.js';

/** Timers that were set, by hand: node 18 has none to play with. @type {{ act: () => void, after: number }[]} */
let timers = [];
const real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };

beforeEach(() => {
  timers = [];
  Object.assign(globalThis, {
    setTimeout: (/** @type {() => void} */ act, /** @type {number} */ after) => timers.push({ act, after }),
    clearTimeout: (/** @type {number} */ id) => id && (timers[id - 1].act = () => {}),
  });
});
afterEach(() => void Object.assign(globalThis, real));

/** @param {any} request */
const expiresOf = ({ headers }) => headers[0].match(/expires=(\d+)/)[1];

test('a registration is refreshed at half of what the server grants, and told of once', () => {
  const { core, sent, told, named } = startedCore();
  const registration = new Registration(core, { expires: 600 });
  assert.equal(registration.register(), 0);
  assert.equal(expiresOf(sent[0]), '600');
  sent[0].answered(response(200, { Expires: '100' }));
  assert.equal(timers[0].after, 50_000);
  timers[0].act();
  assert.equal(sent.length, 2);
  assert.equal(sent[1].parameters.cseq, sent[0].parameters.cseq + 1);
  assert.equal(sent[1].parameters.call_id, sent[0].parameters.call_id);
  sent[1].answered(response(200, { Expires: '3600' }));
  assert.equal(timers[1].after, 3_000_000);
  assert.deepEqual(told, ['connecting', 'sent_request', 'connected', 'sent_request']);
  assert.deepEqual(named, ['o_request', 'o_request']);
});

test('no lifetime that a server grants makes a storm of requests', () => {
  for (const [granted, after] of [
    ['0', 1000],
    ['4294967295', 86_400_000], // what a timer cannot be set for
    ['soon', 300_000],
    ['-5', 300_000],
  ]) {
    timers = [];
    const { core, sent } = startedCore();
    new Registration(core, { expires: 600 }).register();
    sent[0].answered(response(200, { Expires: granted }));
    assert.equal(timers[0].after, after, `${granted}`);
    assert.equal(sent.length, 1);
  }
});

test('a registration that nobody answers ends', () => {
  const { core, sent, told } = startedCore();
  new Registration(core).register();
  sent[0].failed(true);
  assert.deepEqual(told, ['connecting', 'sent_request', 'transport_error', 'terminated']);
  sent[0].answered(response(200));
  assert.equal(told.length, 4);
});

test('a registration waits for its connection and comes back', () => {
  const { core, sent, told } = startedCore();
  const registration = new Registration(core);
  registration.register();
  sent[0].answered(response(200));
  registration.connectionLost();
  timers[0].act();
  assert.equal(sent.length, 1, 'nothing is refreshed without a connection');
  registration.connectionReturned();
  sent[1].answered(response(200));
  assert.deepEqual(told.slice(3), ['transport_error', 'connecting', 'sent_request', 'connected']);
});

test('a request that meets a lost connection ends what does not come back', () => {
  for (const [reconnect, end] of /** @type {[boolean, string]} */ ([
    [true, 'sent_request'],
    [false, 'terminated'],
  ])) {
    const { core, sent, told } = startedCore({ reconnect });
    new Registration(core).register();
    sent[0].failed(false);
    assert.equal(told.at(-1), end);
  }
});

test('what is not open cannot be taken back, and what is not started does nothing', () => {
  const { core, sent } = startedCore();
  const registration = new Registration(core);
  assert.equal(registration.unregister(), -1);
  core.state = 'lost';
  assert.equal(registration.register(), -2);
  assert.equal(registration.unregister(), -2);
  assert.equal(sent.length, 0);
});

test('the end of the stack takes a registration back, and waits for the answer', async () => {
  const { core, sent, told } = startedCore();
  const registration = new Registration(core);
  registration.register();
  sent[0].answered(response(200));
  let isOver = false;
  const over = registration.shutdown().then(() => (isOver = true));
  assert.equal(expiresOf(sent[1]), '0');
  assert.equal(isOver, false);
  sent[1].answered(response(200));
  await over;
  assert.deepEqual(told.slice(3), ['terminating', 'sent_request', 'terminated']);
  assert.equal(core.sessions.size, 0);
});

test('a publication is refreshed without its content, and sent whole when the server lost it', () => {
  const { core, sent } = startedCore();
  const publication = new Publish(core, { expires: 100 });
  publication.publish('<presence/>', 'application/pidf+xml');
  sent[0].answered(response(200, { 'SIP-ETag': 'one' }));
  timers[0].act();
  assert.equal(sent[1].body, undefined);
  assert.ok(sent[1].headers.includes('SIP-If-Match: one'));
  sent[1].answered(response(412));
  assert.equal(sent[2].body, '<presence/>');
  assert.ok(!sent[2].headers.some((/** @type {string} */ line) => line.startsWith('SIP-If-Match')));
  sent[2].answered(response(412));
  assert.equal(core.sessions.size, 0, 'a server that never takes it is left');
});
