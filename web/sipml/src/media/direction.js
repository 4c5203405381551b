// @ts-check

/** Directions of a party who holds. @type {Record<string, RTCRtpTransceiverDirection>} */
const held = Object.freeze({ sendrecv: 'sendonly', recvonly: 'inactive' });

/** @param {RTCRtpTransceiverDirection} direction */
export const heldDirection = (direction) => held[direction] ?? direction;

/** An offer made one that holds. @param {string} sdp */
export const holdIn = (sdp) =>
  sdp.replace(/^a=(sendrecv|recvonly)(?=\r?$)/gm, (_, direction) => `a=${held[direction]}`);
