// @ts-check

/** What a call is made of, by the type of its session; ids and names are sipML5's. */
export const mediaTypes = Object.freeze({
  'call-audio': Object.freeze({ i_id: 2, s_name: 'audio' }),
  'call-video': Object.freeze({ i_id: 4, s_name: 'video' }),
  'call-audiovideo': Object.freeze({ i_id: 6, s_name: 'audio/video' }),
  'call-screenshare': Object.freeze({ i_id: 68, s_name: 'screen share' }),
});

/** @typedef {{ i_id: number, s_name: string }} MediaType */

/** @param {string} type of a session @returns {MediaType} */
export const mediaTypeOf = (type) =>
  mediaTypes[/** @type {keyof typeof mediaTypes} */ (type)] ?? mediaTypes['call-audio'];

/** What an offer asks for. @param {string} sdp */
export function mediaTypeOfOffer(sdp) {
  const has = (/** @type {string} */ kind) => new RegExp(`^m=${kind} [1-9]`, 'm').test(sdp);
  if (!has('video')) return mediaTypes['call-audio'];
  return has('audio') ? mediaTypes['call-audiovideo'] : mediaTypes['call-video'];
}

/** @param {MediaType} type */
export const kindsOf = ({ i_id: id }) => ({
  audio: (id & 2) !== 0,
  video: (id & 4) !== 0,
  isScreen: id === mediaTypes['call-screenshare'].i_id,
});
