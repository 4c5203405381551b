import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Gauge } from '../src/gauge.js';
import { countOf, mosOf, readingBetween, wordsForMos, wordsForShare, wordsForTime } from '../src/quality.js';

const counted = { received: 100, lost: 0, jitter: 5, roundTrip: 40, buffered: 1, samples: 48000 };
const count = { ...counted, concealed: 30, played: 48100, codec: 'opus' };

test('the score falls with loss and with delay', () => {
  const near = (a, b) => assert.ok(Math.abs(a - b) < 0.05, `${a} is not ${b}`);
  near(mosOf({ loss: 0, delay: 0 }), 4.41); // the E-model's R of 93.2
  near(mosOf({ loss: 0, delay: 100 }), 4.36);
  near(mosOf({ loss: 0.05, delay: 100 }), 3.82);
  near(mosOf({ loss: 0.2, delay: 100 }), 2.5);
  assert.ok(mosOf({ loss: 0, delay: 600 }) < 3);
  assert.equal(mosOf({ loss: 1, delay: 5000 }), 1);
  assert.deepEqual([4.2, 3.7, 3.2, 2].map(wordsForMos), ['good', 'fair', 'poor', 'bad']);
});

test('reads what a connection tells', () => {
  const reports = [
    { type: 'inbound-rtp', kind: 'video', packetsReceived: 9 },
    {
      type: 'inbound-rtp',
      kind: 'audio',
      codecId: 'c',
      packetsReceived: 100,
      packetsLost: 3,
      jitter: 0.005,
      jitterBufferDelay: 1,
      jitterBufferEmittedCount: 48000,
      concealedSamples: 80,
      silentConcealedSamples: 50,
      totalSamplesReceived: 48100,
    },
    { type: 'codec', id: 'c', mimeType: 'audio/opus' },
    { type: 'candidate-pair', nominated: true, state: 'succeeded', currentRoundTripTime: 0.04 },
  ];
  assert.deepEqual(countOf(reports), { ...count, lost: 3 });
  assert.equal(countOf([]), null);
});

test('a round trip of nothing is not an unknown one', () => {
  const pair = { type: 'candidate-pair', nominated: true, state: 'succeeded' };
  const inbound = { type: 'inbound-rtp', kind: 'audio' };
  const roundTrip = (more) => countOf([inbound, { ...pair, ...more }]).roundTrip;
  assert.equal(wordsForTime(roundTrip({ currentRoundTripTime: 0 })), '0 ms', 'a browser beside the bridge');
  assert.equal(wordsForTime(roundTrip({})), '–');
  assert.equal(wordsForTime(), '–');
  assert.ok(readingBetween({ ...count, received: 0 }, { ...count, roundTrip: NaN }).mos > 4);
});

test('a reading is of the time between two counts', () => {
  const later = { ...count, received: 190, lost: 10, buffered: 1.6, samples: 48000 + 10 };
  const reading = readingBetween(count, { ...later, samples: 48000 + 96000, buffered: 1 + 96000 * 0.06 });
  assert.equal(reading.loss, 0.1);
  assert.equal(reading.codec, 'opus');
  assert.ok(Math.abs(reading.mos - mosOf({ loss: 0.1, delay: 20 + 60 + 20 })) < 1e-9);
  assert.equal(readingBetween(count, count), null, 'nothing came');
  assert.ok(Math.abs(reading.delay - 100) < 1e-9);
  const found = readingBetween({ ...count, lost: 5 }, { ...later, lost: 2 });
  assert.equal(found.loss, 0, 'a packet thought lost came late');
});

test('what comes too late counts as what does not come', () => {
  const later = { ...count, received: 200, samples: 96000 };
  const late = readingBetween(count, { ...later, concealed: 30 + 4810, played: 48100 + 48100 });
  assert.equal(late.loss, 0);
  assert.equal(wordsForShare(late.concealed), '10.0 %');
  assert.ok(Math.abs(late.mos - mosOf({ loss: 0.1, delay: late.delay })) < 1e-9);
  const silent = readingBetween(count, { ...later, concealed: 20, played: 48100 });
  assert.equal(silent.concealed, 0, 'what was made up turned out to be silence');
  assert.equal(wordsForShare(), '–');
});

test('gauges the calls that are up, and no others', async (t) => {
  t.mock.method(globalThis, 'setInterval', () => 1);
  let received = 0;
  const inbound = () => ({ type: 'inbound-rtp', kind: 'audio', packetsReceived: (received += 100) });
  const connection = { getStats: async () => new Map([['a', inbound()]]) };
  const call = { up: true, media: { connection } };
  let rounds = 0;
  const gauge = new Gauge(() => (rounds += 1));
  gauge.follow([call, { up: false, media: { connection: null } }]);
  await gauge.measure();
  assert.deepEqual(gauge.readings(call), [], 'one count says nothing');
  await gauge.measure();
  assert.equal(gauge.readings(call).length, 1);
  assert.equal(rounds, 2);
  assert.deepEqual(gauge.readings(null), []);
  for (let i = 0; i < 70; i++) await gauge.measure();
  assert.equal(gauge.readings(call).length, 60);
});
