import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wordsForEnd } from '../src/callwords.js';
import { isTemporary, wordsForLost, wordsForRefusal } from '../src/linewords.js';

const bob = { peer: 'bob' };
const withReason = (protocol, cause) => ({
  parseHeader: (name) => (name === 'reason' ? { protocol, cause } : undefined),
});

const ends = [
  ['busy', { originator: 'remote', cause: 'Busy', message: { status_code: 486 } }, 'bob is busy.', true],
  [
    'not found',
    { originator: 'remote', cause: 'Not Found', message: { status_code: 404 } },
    'Nobody here is called bob. Check the name or number.',
    true,
  ],
  [
    'no answer',
    { originator: 'remote', cause: 'Unavailable', message: { status_code: 408 } },
    'bob did not answer.',
    true,
  ],
  [
    'declined',
    { originator: 'remote', cause: 'Rejected', message: { status_code: 603 } },
    'bob declined the call.',
    true,
  ],
  [
    'unknown 4xx',
    { originator: 'remote', cause: 'x', message: { status_code: 499 } },
    'The call to bob was refused.',
    true,
  ],
  [
    'unknown 5xx',
    { originator: 'remote', cause: 'x', message: { status_code: 599 } },
    'The service failed to place the call.',
    true,
  ],
  ['they hang up', { originator: 'remote', cause: 'Terminated', message: withReason() }, 'bob hung up.', false],
  ['I hang up', { originator: 'local', cause: 'Terminated', message: null }, 'You hung up.', false],
  ['I cancel', { originator: 'local', cause: 'Canceled', message: null }, 'Call cancelled.', false],
  ['missed', { originator: 'remote', cause: 'Canceled', message: withReason() }, 'Missed call from bob.', false],
  [
    'answered elsewhere',
    { originator: 'remote', cause: 'Canceled', message: withReason('sip', 200) },
    'Answered elsewhere.',
    false,
  ],
  [
    'dead media',
    { originator: 'remote', cause: 'Terminated', message: withReason('sip', 408) },
    'No more sound came from the other side.',
    true,
  ],
  [
    'a reason of the telephone network',
    { originator: 'remote', cause: 'Terminated', message: withReason('q.850', 408) },
    'bob hung up.',
    false,
  ],
  ['I decline', { originator: 'local', cause: 'Rejected', message: null }, 'You declined the call from bob.', false],
  ['nobody answers here', { originator: 'local', cause: 'No Answer', message: null }, 'Missed call from bob.', false],
  [
    'connection lost',
    { originator: 'local', cause: 'Connection Error', message: null },
    'The connection to the service was lost.',
    true,
  ],
  [
    'no way for sound',
    { originator: 'local', cause: 'RTP Timeout', message: null },
    'No sound gets through between this browser and the service. A firewall or VPN may block UDP.',
    true,
  ],
  ['anything else', { originator: 'system', cause: 'New In Some Version', message: null }, 'The call ended.', true],
];

for (const [name, end, words, failed] of ends) {
  test(`words for the end of a call: ${name}`, () => {
    assert.deepEqual(wordsForEnd(end, bob), { words, failed });
  });
}

test('a name may look like a pattern of replace', () => {
  const end = { originator: 'remote', cause: 'Busy', message: { status_code: 486 } };
  assert.equal(wordsForEnd(end, { peer: '$& {peer}' }).words, '$& {peer} is busy.');
});

test('words for a refused registration', () => {
  assert.equal(wordsForRefusal(401), 'Name or password is wrong.');
  assert.equal(wordsForRefusal(403), 'Name or password is wrong.');
  assert.equal(wordsForRefusal(403, { retryAfter: 45 }), 'Too many wrong passwords. Try again in 45 seconds.');
  assert.equal(wordsForRefusal(403, { retryAfter: 301 }), 'Too many wrong passwords. Try again in 6 minutes.');
  assert.equal(wordsForRefusal(408), 'The server of this domain does not answer.');
  assert.equal(wordsForRefusal(499), 'The service refused the registration (499).');
});

test('words for a service that cannot be reached', () => {
  const webSocket = 'ws://localhost:8080/ws';
  const words = (wasConnected, attempts, url = webSocket) => wordsForLost({ webSocket: url, wasConnected, attempts });
  assert.match(words(true, 1), /localhost:8080 was lost/);
  assert.match(words(true, 3), /Is the service running/);
  assert.match(words(false, 1), /Is the service running/);
  assert.match(words(false, 1, 'wss://phone.example/ws'), /^phone\.example .*certificate/);
});

test('which refusals are temporary', () => {
  assert.deepEqual([401, 403, 404, 408, 480, 500, 503].map(isTemporary), [false, false, false, true, true, true, true]);
});
