// @ts-check
// What the other side shows, large, and what we show, small.
import { element, setText } from './elements.js';

export class PicturesView {
  #remote = element('remote-video', HTMLVideoElement);
  #local = element('local-video', HTMLVideoElement);

  /** @param {{ toggleCamera: () => void, toggleScreen: () => void }} asked */
  constructor({ toggleCamera, toggleScreen }) {
    element('camera').addEventListener('click', () => toggleCamera());
    element('screen').addEventListener('click', () => toggleScreen());
    element('video-small').hidden = !document.pictureInPictureEnabled;
    element('video-full').hidden = !document.fullscreenEnabled;
    element('video-small').addEventListener('click', () => void this.#small());
    element('video-full').addEventListener('click', () => void this.#full());
  }

  /** @param {import('../phone.js').Phone} phone */
  render({ call, line }) {
    const pictures = call?.up ? call.media.pictures : null;
    const showing = pictures?.showing ?? 'nothing';
    const can = Boolean(call?.up && line?.connected && !call.hold.changing);
    for (const what of ['camera', 'screen']) {
      element(what, HTMLButtonElement).disabled = !can;
      element(what).dataset.on = String(showing === what);
    }
    setText(element('camera-words'), showing === 'camera' ? 'Camera off' : 'Camera');
    setText(element('screen-words'), showing === 'screen' ? 'Stop sharing' : 'Screen');
    element('video-box').hidden = !pictures?.remote && !pictures?.local;
    play(this.#remote, pictures?.remote ?? null);
    play(this.#local, pictures?.local ?? null);
    element('video-none').hidden = Boolean(pictures?.remote);
    for (const id of ['video-small', 'video-full']) element(id, HTMLButtonElement).disabled = !pictures?.remote;
  }

  /** A window of its own above all others, or back. */
  async #small() {
    const shown = document.pictureInPictureElement === this.#remote;
    await (shown ? document.exitPictureInPicture() : this.#remote.requestPictureInPicture()).catch(() => {});
  }

  async #full() {
    await element('stage')
      .requestFullscreen()
      .catch(() => {}); // the user sees that it did not
  }
}

/** @param {HTMLVideoElement} video @param {MediaStream | null} stream */
function play(video, stream) {
  video.hidden = !stream;
  if (video.srcObject === stream) return;
  video.srcObject = stream;
  if (stream) video.play().catch(() => {}); // a browser that wants a click first plays with the next one
}
