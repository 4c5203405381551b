import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Speaker } from '../src/speaker.js';

/** A browser whose sounds are noted, and which lets pages sound or not. @param {import('node:test').TestContext} t */
function listen(t) {
  /** @type {{ hz: number, stopped: number }[]} */
  const heard = [];
  const browser = { lets: true, heard, allow: () => {} };
  class Node {
    connect(to) {
      return to;
    }
  }
  const ramp = { setValueAtTime() {}, linearRampToValueAtTime() {} };
  const fakes = {
    AudioContext: class {
      currentTime = 0;
      state = browser.lets ? 'running' : 'suspended';
      destination = new Node();
      resume() {
        return new Promise((resolve) => {
          browser.allow = () => {
            this.state = 'running';
            resolve(undefined);
          };
        });
      }
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
  return browser;
}

test('rings over and over, and stops', async (t) => {
  const browser = listen(t);
  const { heard } = browser;
  const speaker = new Speaker();
  browser.lets = false;
  speaker.play('ring');
  t.mock.timers.tick(9000);
  assert.equal(heard.length, 0, 'before the browser lets it');
  browser.allow();
  await Promise.resolve();
  await Promise.resolve();
  speaker.wake(); // the click that the browser waited for
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
  const { heard } = listen(t);
  const speaker = new Speaker(); // of a page that may sound before it is touched
  speaker.play('ringBack');
  assert.deepEqual(
    heard.map(({ hz }) => hz),
    [425],
  );
  speaker.play(null);
});
