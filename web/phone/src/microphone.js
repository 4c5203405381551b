// The microphone, and why there is none.

/** Echo cancelling and the like are the browser's defaults. */
const wanted = { audio: true, video: false };

/** What the names of the errors of getUserMedia mean (W3C Media Capture, section 10.2.1). */
const faults = new Map([
  ['NotAllowedError', 'The microphone is not allowed for this page. Allow it beside the address bar, then try again.'],
  ['SecurityError', 'The browser keeps the microphone from this page.'],
  ['NotFoundError', 'No microphone was found. Plug one in, then try again.'],
  ['NotReadableError', 'The microphone is in use by another program, or does not work.'],
  ['AbortError', 'The microphone could not be started.'],
]);

/** Opens the microphone; rejects with an Error in plain words. */
export async function openMicrophone(devices = globalThis.navigator.mediaDevices) {
  if (!devices) {
    throw new Error(
      'The browser gives the microphone only to pages from https:// or from localhost. ' + 'Open this page that way.',
    );
  }
  try {
    return await devices.getUserMedia(wanted);
  } catch (error) {
    throw new Error(faults.get(error.name) ?? `The microphone could not be opened (${error.name}).`, { cause: error });
  }
}

/** Lets go of the microphone. */
export function closeMicrophone(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}
