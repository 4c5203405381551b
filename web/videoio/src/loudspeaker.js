// @ts-check
// What the other party says and shows.

export class Loudspeaker {
  #video;

  /**
   * @param {HTMLElement} element that gets the pictures
   * @param {(width: number, height: number) => void} resized
   */
  constructor(element, resized) {
    const video = document.createElement('video');
    video.autoplay = true;
    video.muted = true;
    video.hidden = true;
    video.setAttribute('playsinline', '');
    video.style.width = '100%';
    video.style.height = '100%';
    video.addEventListener('resize', () => resized(video.videoWidth, video.videoHeight));
    element.append(video);
    this.#video = video;
  }

  /** @param {MediaStream | null} stream */
  play(stream) {
    this.#video.srcObject = stream;
  }

  /** @param {{ heard: boolean, volume: number, shown: boolean }} wanted volume is from 0 to 1 */
  set({ heard, volume, shown }) {
    this.#video.muted = !heard;
    this.#video.volume = Math.min(Math.max(Number.isFinite(volume) ? volume : 1, 0), 1);
    this.#video.hidden = !shown;
  }
}
