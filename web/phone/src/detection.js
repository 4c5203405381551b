// @ts-check
// What this browser can do for calls.

/**
 * Each thing by name, and whether the browser has it.
 * @param {any} browser the global object
 * @returns {[string, boolean][]}
 */
export function detect(browser = globalThis) {
  const devices = browser.navigator?.mediaDevices;
  return [
    ['secure page', browser.isSecureContext === true],
    ['WebSocket', typeof browser.WebSocket === 'function'],
    ['WebRTC', typeof browser.RTCPeerConnection === 'function'],
    ['microphone and camera', typeof devices?.getUserMedia === 'function'],
    ['screen sharing', typeof devices?.getDisplayMedia === 'function'],
    ['choice of the speaker', typeof browser.HTMLMediaElement?.prototype?.setSinkId === 'function'],
    ['notifications', typeof browser.Notification === 'function'],
  ];
}
