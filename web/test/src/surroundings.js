// @ts-check
// What a call needs before there is one: a page that may use the microphone, a microphone, addresses.
import { closeMicrophone, openMicrophone } from '../../phone/src/microphone.js';
import { Fault, until } from './checks.js';
import { Meter } from './meter.js';

/** How long the microphone may take until it gives sound, and how long it is listened to then, in milliseconds. */
const starting = 5000;
const listening = 500;
/** How long to look for addresses, in milliseconds. */
const gathering = 4000;

/**
 * Whether the page may do what a call needs.
 * @param {any} browser the global object
 */
export function checkPage(browser = globalThis) {
  if (browser.isSecureContext !== true) {
    throw new Fault(
      'This page came without a certificate (by http://), so the browser keeps the microphone from it. ' +
        'Open it by https://, or from localhost.',
    );
  }
  if (typeof browser.RTCPeerConnection !== 'function') {
    throw new Fault('This browser has no WebRTC, or it is switched off. Without it there are no calls.');
  }
  return browser.location?.protocol === 'https:'
    ? 'The page is secure, and the browser has WebRTC.'
    : 'The page comes from this very machine, and the browser has WebRTC.';
}

/** Opens the microphone for a moment. */
export async function checkMicrophone() {
  const microphone = await openMicrophone();
  const label = microphone.getAudioTracks()[0]?.label || 'The microphone';
  const meter = new Meter(microphone);
  try {
    const silent = `${label} gives no sound at all. Is it muted, by a switch or in the settings of the system?`;
    await until(() => meter.loudest > -Infinity, starting, silent);
    await new Promise((resolve) => setTimeout(resolve, listening));
    return `${label} works; its loudest was ${Math.round(meter.loudest)} dB.`;
  } finally {
    meter.close();
    closeMicrophone(microphone);
  }
}

/**
 * Looks for addresses at which the browser can be reached.
 * @param {RTCIceServer[]} iceServers
 */
export async function checkCandidates(iceServers) {
  const connection = new RTCPeerConnection({ iceServers });
  try {
    const kinds = await gather(connection);
    if (kinds.length === 0) {
      throw new Fault(
        'The browser finds no address to talk from (no candidate). A setting, an extension or a VPN keeps WebRTC ' +
          'from using the network.',
      );
    }
    if (!kinds.some(({ protocol }) => protocol === 'udp')) {
      return 'The browser may not use UDP (no UDP candidate). Sound has to go by TCP, if the service takes it so.';
    }
    return `The browser talks from ${kinds.length} ${kinds.length === 1 ? 'address' : 'addresses'} (${wordsFor(kinds)}).`;
  } finally {
    connection.close();
  }
}

/**
 * @param {RTCPeerConnection} connection
 * @returns {Promise<RTCIceCandidate[]>}
 */
async function gather(connection) {
  /** @type {RTCIceCandidate[]} */
  const found = [];
  connection.addTransceiver('audio');
  const complete = new Promise((resolve) => {
    connection.addEventListener('icecandidate', ({ candidate }) => {
      if (candidate?.candidate) found.push(candidate);
      else if (!candidate) resolve(undefined);
    });
  });
  await connection.setLocalDescription();
  await Promise.race([complete, new Promise((resolve) => setTimeout(resolve, gathering))]);
  return found;
}

/** @param {RTCIceCandidate[]} candidates */
function wordsFor(candidates) {
  const kinds = candidates.map(({ type, protocol }) => `${type} by ${protocol?.toUpperCase()}`);
  return [...new Set(kinds)].join(', ');
}
