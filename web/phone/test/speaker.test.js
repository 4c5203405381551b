import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Speaker } from '../src/speaker.js';

/** A browser whose sounds are noted. @param {import('node:test').TestContext} t */
function listen(t) {
  /** @type {{ hz: number, stopped: number }[]} */
  const heard = [];
  class Node {
    connect(to) {
      return to;
    }
  }
  const ramp = { setValueAtTime() {}, linearRampToValueAtTime() {} };
  const fakes = {
    AudioContext: class {
      currentTime = 0;
      state = 'running';
      destination = new Node();
    },
    GainNode: class extends Node {
      gain = ramp;
    },
    OscillatorNode: class extends Node {
      constructor(_context, { frequency }) {
        super();
        this.sound = { hz: frequency, stopped: 0 };
        heard.push(this.sound);
      }
      start() {}
      stop() {
        this.sound.stopped++;
      }
    },
  };
  Object.assign(globalThis, fakes);
  t.mock.timers.enable({ apis: ['setInterval'] });
  t.after(() => Object.keys(fakes).forEach((name) => delete globalThis[name]));
  return heard;
}

test('rings over and over, and stops', (t) => {
  const heard = listen(t);
  const speaker = new Speaker();
  speaker.play('ring');
  assert.equal(heard.length, 0, 'before the browser lets it');
  speaker.wake();
  assert.deepEqual([...new Set(heard.map(({ hz }) => hz))], [587, 784]);
  const once = heard.length;
  speaker.play('ring');
  assert.equal(heard.length, once, 'it rings already');
  t.mock.timers.tick(3000);
  assert.equal(heard.length, 2 * once);
  speaker.play(null);
  assert.ok(
    heard.slice(once).every(({ stopped }) => stopped > 1),
    'beside the end that each burst has',
  );
  t.mock.timers.tick(9000);
  assert.equal(heard.length, 2 * once);
});

test('plays the ring-back tone of the telephone', (t) => {
  const heard = listen(t);
  const speaker = new Speaker();
  speaker.wake();
  speaker.play('ringBack');
  assert.deepEqual(
    heard.map(({ hz }) => hz),
    [425],
  );
  speaker.play(null);
});
