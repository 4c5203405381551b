// @ts-check

/**
 * @typedef {{ minWidth?: number, minHeight?: number, maxWidth?: number, maxHeight?: number }} VideoSize in pixels
 * @typedef {{ audio_input?: string, video_input?: string, audio_output?: string }} Devices ids of devices
 */

/** Leaves out what is not set. @param {Record<string, unknown>} values */
const given = (values) => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));

/** @param {number | undefined} min @param {number | undefined} max */
function range(min, max) {
  const limits = given({ min: min && Number(min), max: max && Number(max) });
  return Object.keys(limits).length > 0 ? limits : undefined;
}

/** @param {VideoSize} size @param {string} [device] @returns {MediaTrackConstraints | true} */
export function videoConstraints(size, device) {
  const constraints = given({
    width: range(size.minWidth, size.maxWidth),
    height: range(size.minHeight, size.maxHeight),
    deviceId: device && { exact: device },
  });
  return Object.keys(constraints).length > 0 ? constraints : true;
}

/** @param {string} [device] @returns {MediaTrackConstraints | true} */
export const audioConstraints = (device) => (device ? { deviceId: { exact: device } } : true);

/**
 * What to ask getUserMedia for.
 * @param {{ audio: boolean, video: boolean }} kinds
 * @param {VideoSize} size
 * @param {Devices} devices
 */
export function constraintsFor(kinds, size, devices) {
  return {
    audio: kinds.audio && audioConstraints(devices.audio_input),
    video: kinds.video && videoConstraints(size, devices.video_input),
  };
}
