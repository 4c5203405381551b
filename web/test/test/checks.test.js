import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault, runChecks, until } from '../src/checks.js';
import { Plan } from '../src/plan.js';
import { advice, between, carriedIn, wordsForQuality } from '../src/stats.js';
import { checkPage } from '../src/surroundings.js';

const states = (checks) => checks.map(({ state }) => state).join(' ');

test('runs one check after the other, and skips what follows a failure', async () => {
  const seen = [];
  const step = (name, run) => ({ name, title: name, run });
  const failed = await runChecks(
    [
      step('a', () => 'good'),
      step('b', async () => {
        throw new Fault('bad luck');
      }),
      step('c', () => assert.fail('it runs')),
    ],
    (checks) => seen.push(states(checks)),
  );
  assert.equal(failed.words, 'bad luck');
  assert.deepEqual(seen, [
    'running waiting waiting',
    'passed waiting waiting',
    'passed running waiting',
    'passed failed waiting',
    'passed failed skipped',
  ]);
  assert.equal(await runChecks([step('a', () => 'good')], () => {}), null);
});

test('waits for what it looks for, and no longer than it may', async () => {
  let looks = 0;
  assert.equal(await until(() => ++looks > 2 && 'there', 5000, 'late'), 'there');
  await assert.rejects(
    until(() => null, 0, 'late'),
    new Fault('late'),
  );
});

test('looks at the page', () => {
  const fine = { isSecureContext: true, RTCPeerConnection() {}, location: { protocol: 'https:' } };
  assert.match(checkPage(fine), /secure/);
  assert.match(checkPage({ ...fine, location: { protocol: 'http:' } }), /this very machine/);
  assert.throws(() => checkPage({ ...fine, isSecureContext: false }), /without a certificate/);
  assert.throws(() => checkPage({ ...fine, RTCPeerConnection: undefined }), /no WebRTC/);
});

/** A call that carries what a test says. */
function fakeCall(carried, placed = []) {
  return {
    place: async (_line, uri) => placed.push(uri),
    checkICE: async () => 'through',
    listen: async () => {
      const quality = carried.shift();
      if (!quality) throw new Fault('no such call');
      return {
        quality: { lossPercent: 0, jitter: 1, roundTrip: 1, buffer: 20, codec: 'opus', ...quality },
        level: -20,
      };
    },
    hangUp() {},
  };
}

function newPlan(carried, line = {}) {
  const placed = [];
  const plan = new Plan(
    'wss://localhost/ws',
    { name: 'alice', domain: 'localhost' },
    { makeLine: () => ({ start() {}, stop() {}, ...line }), makeCall: () => fakeCall(carried, placed) },
  );
  return { plan, placed };
}

test('tells which way the sound does not go', async () => {
  for (const [carried, words] of [
    [[{ sent: 250, received: 240 }], /came back by opus/],
    [[{ sent: 0, received: 0 }], /sent no sound/],
    [[{ sent: 250, received: 0 }, { received: 70 }], /you hear others, but nobody hears you/],
    [[{ sent: 250, received: 0 }, { received: 0 }], /you hear nobody/],
    [[{ sent: 250, received: 0 }], /you hear nobody/],
  ]) {
    const { plan, placed } = newPlan(carried);
    await plan.callEcho();
    const said = await plan.listenToEcho().catch((fault) => fault.message);
    assert.match(said, words);
    assert.equal(placed[0], 'sip:echo@localhost');
  }
});

test('says why the service cannot be used', async () => {
  const lost = newPlan([], { state: 'lost', wasConnected: false, words: 'localhost cannot be reached.' }).plan;
  await assert.rejects(lost.connect(), /cannot be reached/);
  const refused = newPlan([], { state: 'failed', wasConnected: true, words: 'Name or password is wrong.' }).plan;
  assert.match(await refused.connect(), /takes SIP over WebSocket/);
  await assert.rejects(refused.register(), /password is wrong/);
  const fine = newPlan([], { state: 'registered', wasConnected: true }).plan;
  await fine.connect();
  assert.match(await fine.register(), /knows alice/);
  fine.end();
});

/** What Chromium reports, as far as it is read. */
const report = (received, lost) => [
  { type: 'codec', id: 'C', mimeType: 'audio/opus' },
  { type: 'local-candidate', id: 'L', candidateType: 'host' },
  { type: 'remote-candidate', id: 'R', candidateType: 'srflx' },
  { type: 'candidate-pair', id: 'P0', nominated: false, state: 'failed' },
  {
    type: 'candidate-pair',
    id: 'P',
    nominated: true,
    state: 'succeeded',
    currentRoundTripTime: 0.04,
    localCandidateId: 'L',
    remoteCandidateId: 'R',
  },
  { type: 'outbound-rtp', kind: 'audio', packetsSent: received },
  {
    type: 'inbound-rtp',
    kind: 'audio',
    codecId: 'C',
    packetsReceived: received,
    packetsLost: lost,
    jitter: 0.003,
    jitterBufferDelay: received * 0.06 * 960,
    jitterBufferEmittedCount: received * 960,
  },
];

test('reads what was carried', () => {
  const quality = between(carriedIn(report(100, 0)), carriedIn(report(290, 10)));
  assert.deepEqual([quality.sent, quality.received, quality.lossPercent, quality.path], [190, 190, 5, 'host to srflx']);
  assert.equal(
    wordsForQuality(quality, -18.4),
    'Your sound came back by opus: 5.0 % lost, jitter 3 ms, delay 100 ms, -18 dB at its loudest.',
  );
  assert.match(advice(quality, -18), /loss/);
  assert.match(advice({ ...quality, lossPercent: 0 }, -70), /quiet/);
  assert.equal(advice({ ...quality, lossPercent: 0 }, -18), '');
});

test('reads a report with nothing in it', () => {
  const quality = between(carriedIn([]), carriedIn([]));
  assert.deepEqual([quality.received, quality.lossPercent, quality.buffer], [0, 0, 0]);
  assert.match(wordsForQuality(quality, -Infinity), /unknown codec.*delay 0 ms, silent/);
});
