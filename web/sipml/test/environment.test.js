// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { init, isReady, isScreenShareSupported, isWebRtcSupported } from '../src/environment.js';

/** @param {Record<string, unknown>} globals */
function pretend(globals) {
  for (const [name, value] of Object.entries(globals)) {
    Object.defineProperty(globalThis, name, { value, configurable: true });
  }
}

test('a page that may not have a microphone hears why, until it may', () => {
  /** @type {string[]} */
  const told = [];
  const start = () =>
    init(
      () => told.push('ready'),
      ({ description, message }) => told.push(description === message ? description : 'two stories'),
    );
  pretend({ navigator: {}, RTCPeerConnection: undefined, isSecureContext: true });
  start();
  pretend({ RTCPeerConnection: class {}, isSecureContext: false });
  start();
  assert.equal(isReady(), false);
  assert.throws(isWebRtcSupported, /^Error: ERR_NOT_INITIALIZED: /);
  pretend({ navigator: { mediaDevices: { getUserMedia() {} } }, isSecureContext: true });
  start();
  start();
  assert.deepEqual(told, [
    'WebRTC not supported',
    'getUserMedia not supported: this page was not loaded by https',
    'ready',
  ]);
  assert.equal(isReady(), true);
  assert.equal(isScreenShareSupported(), false);
});
