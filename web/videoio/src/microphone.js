// @ts-check

/** The words of invite and accept that ask for pictures. */
const pictureWords = ['h264', 'flv'];

/**
 * Opens the microphone, and the camera for a call that names a codec of pictures.
 * @param {(property: string) => import('./properties.js').Value} wishes
 * @param {string[]} codecs
 */
export function openMicrophone(wishes, codecs) {
  const [width, height] = String(wishes('cameraDimension')).split('x').map(Number);
  const pictures = wishes('camera') === true && codecs.some((word) => pictureWords.includes(word));
  const camera = { width, height, frameRate: Number(wishes('cameraFPS')) };
  return navigator.mediaDevices.getUserMedia({
    audio: { echoCancellation: wishes('echoCancel') === true },
    video: pictures && camera,
  });
}
