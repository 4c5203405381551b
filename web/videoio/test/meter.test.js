import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countsOf, Meter, qualityOf } from '../src/meter.js';
import { Values } from '../src/values.js';

test('quality falls with the delay', () => {
  for (const [delay, want] of [
    [0, 1],
    [0.05, 0.8],
    [0.2, 0.6],
    [0.9, 0.4],
    [2, 0.2],
    [3, 0],
    [NaN, NaN],
  ]) {
    assert.equal(qualityOf(delay), want);
  }
});

const reports = [
  { type: 'inbound-rtp', kind: 'audio', bytesReceived: 100, jitterBufferDelay: 40, jitterBufferEmittedCount: 1000 },
  { type: 'inbound-rtp', kind: 'video', bytesReceived: 1000, framesDecoded: 12 },
  { type: 'outbound-rtp', kind: 'audio', bytesSent: 50 },
  { type: 'outbound-rtp', kind: 'video', bytesSent: 500, framesSent: 15 },
  { type: 'codec', bytesReceived: 7 },
];

test('counts are summed up', () => {
  assert.deepEqual(countsOf(reports), { bytes: 1650, frames: 12, delay: 0.04 });
  assert.deepEqual(countsOf(reports.slice(2)), { bytes: 550, frames: 15, delay: NaN });
  assert.deepEqual(countsOf([]), { bytes: 0, frames: 0, delay: NaN });
});

test('what is measured is told until it ends', async () => {
  let told;
  const measured = new Promise((resolve) => (told = resolve));
  const changes = {};
  const values = new Values(({ property, newValue }) => {
    changes[property] = newValue;
    if (property === 'quality') told();
  });
  for (const name of ['recording', 'microphone', 'playing']) values.change(name, true);
  const connection = { level: () => 0.5, peer: () => ({ getStats: async () => new Map(Object.entries(reports)) }) };
  const meter = new Meter(values, () => connection);
  meter.run(true);
  meter.run(true);
  await measured;
  assert.equal(changes.level, 0.5);
  assert.deepEqual([changes.liveDelay, changes.quality], [0.04, 1]);
  assert.ok(changes.currentTime >= 1);
  meter.run(false);
  assert.equal(changes.level, 0);
});
