// @ts-check
// The microphone and the camera, and why there is none. Echo cancelling and the like are the browser's defaults.

/**
 * What the names of the errors of getUserMedia mean (W3C Media Capture, section 10.2.1); "{device}" is which it is.
 */
const faults = new Map([
  ['NotAllowedError', 'The {device} is not allowed for this page. Allow it beside the address bar, then try again.'],
  ['SecurityError', 'The browser keeps the {device} from this page.'],
  ['NotFoundError', 'No {device} was found. Plug one in, then try again.'],
  ['NotReadableError', 'The {device} is in use by another program, or does not work.'],
  ['AbortError', 'The {device} could not be started.'],
]);

/**
 * Opens the microphone; rejects with an Error in plain words.
 * @param {MediaDevices | undefined} devices
 * @param {boolean | MediaTrackConstraints} wanted which one; any other if it is gone
 */
export function openMicrophone(devices = globalThis.navigator.mediaDevices, wanted = true) {
  return open('microphone', devices, (media) => orAny(wanted, (audio) => media.getUserMedia({ audio, video: false })));
}

/**
 * Opens the camera; rejects with an Error in plain words.
 * @param {MediaDevices | undefined} devices
 * @param {boolean | MediaTrackConstraints} wanted which one; any other if it is gone
 */
export function openCamera(devices = globalThis.navigator.mediaDevices, wanted = true) {
  return open('camera', devices, (media) => orAny(wanted, (video) => media.getUserMedia({ audio: false, video })));
}

/** Lets the user choose what of the screen to show; rejects with an Error in plain words. @param {MediaDevices | undefined} devices */
export async function openScreen(devices = globalThis.navigator.mediaDevices) {
  if (devices && !devices.getDisplayMedia) throw new Error('This browser cannot show the screen to others.');
  return open('screen', devices, (media) => media.getDisplayMedia({ audio: false, video: true }));
}

/** Lets go of a device. @param {MediaStream | null | undefined} stream */
export function closeMicrophone(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

/**
 * Asks for the device that is wanted, and for any if there is none such.
 * @param {boolean | MediaTrackConstraints} wanted
 * @param {(constraints: boolean | MediaTrackConstraints) => Promise<MediaStream>} ask
 */
async function orAny(wanted, ask) {
  try {
    return await ask(wanted);
  } catch (error) {
    if (wanted === true || /** @type {Error} */ (error).name !== 'OverconstrainedError') throw error;
    return ask(true);
  }
}

/**
 * @param {string} device
 * @param {MediaDevices | undefined} devices
 * @param {(media: MediaDevices) => Promise<MediaStream>} ask
 */
async function open(device, devices, ask) {
  if (!devices) {
    throw new Error(
      `The browser gives the ${device} only to pages from https:// or from localhost. Open this page that way.`,
    );
  }
  try {
    return await ask(devices);
  } catch (error) {
    const { name } = /** @type {Error} */ (error);
    if (device === 'screen' && name === 'NotAllowedError') throw new Error('Nothing was chosen to be shown.');
    const words = faults.get(name) ?? `The {device} could not be opened (${name}).`;
    throw new Error(words.replaceAll('{device}', device), { cause: error });
  }
}
