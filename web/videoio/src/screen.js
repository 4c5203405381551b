// @ts-check
// What is seen and heard in the place of the player: the other party or a file, the own camera, or a snapshot.

/**
 * @typedef {object} Look
 * @property {boolean} heard
 * @property {number} volume 0 to 1
 * @property {boolean} display whether there are pictures at all
 * @property {boolean} played whether those of the other party or the file are shown
 * @property {boolean} mirrored
 * @property {string | null} zoom
 * @property {boolean} smoothing
 * @property {boolean} controls
 * @property {string | null} poster
 */

/**
 * Gives the look that the properties want.
 * @param {import('./values.js').Values} values
 * @returns {Look}
 */
export function lookOf(values) {
  const text = (/** @type {string} */ name) => /** @type {string | null} */ (values.get(name));
  return {
    heard: values.is('playing') && values.is('sound'),
    volume: values.number('volume'),
    display: values.is('display'),
    played: values.is('playing') || values.is('isDownload'),
    mirrored: values.is('mirrored'),
    zoom: text('zoom'),
    smoothing: values.is('smoothing'),
    controls: values.is('controls'),
    poster: text('poster'),
  };
}

/** How pictures fit into the place, by the value of zoom; null stretches them. */
const fits = new Map([
  ['in', 'cover'],
  ['out', 'contain'],
]);

export class Screen {
  /** What is played, and the only element that sounds. */
  video;
  #own;
  #image;
  #element;
  #resized;
  /** @type {Look | null} */
  #look = null;

  /**
   * @param {HTMLElement} element that gets the pictures
   * @param {(width: number, height: number) => void} resized NaN when there are no pictures
   */
  constructor(element, resized) {
    this.#element = element;
    this.#resized = resized;
    this.video = newVideo();
    this.#own = newVideo();
    this.#image = document.createElement('canvas');
    for (const each of [this.video, this.#own, this.#image]) {
      each.hidden = true;
      each.style.width = '100%';
      each.style.height = '100%';
      element.append(each);
    }
    this.video.addEventListener('resize', () => this.#arrange());
  }

  /** Plays what the other party sends. @param {MediaStream | null} stream */
  play(stream) {
    this.video.srcObject = stream;
    this.#arrange();
  }

  /** Shows the own camera while nothing else is seen. @param {MediaStream | null} stream */
  preview(stream) {
    if (this.#own.srcObject === stream) return;
    this.#own.srcObject = stream;
    this.#arrange();
  }

  /** @param {Look} look */
  set(look) {
    this.#look = look;
    const { heard, volume, mirrored, zoom, smoothing, controls, poster } = look;
    this.video.muted = !heard;
    this.video.volume = Math.min(Math.max(Number.isFinite(volume) ? volume : 1, 0), 1);
    this.video.controls = controls;
    if (poster) this.video.poster = poster;
    else this.video.removeAttribute('poster');
    this.#own.style.transform = mirrored ? 'scaleX(-1)' : '';
    for (const each of [this.video, this.#own, this.#image]) {
      each.style.objectFit = fits.get(zoom ?? '') ?? 'fill';
      each.style.imageRendering = smoothing ? '' : 'pixelated';
    }
    this.#arrange();
  }

  /**
   * Gives the picture that is seen now as JPEG in base64, as large as the player; null if there is none.
   * @param {number} quality 0 to 100
   */
  snapshot(quality) {
    const seen = [this.video, this.#own].find((each) => !each.hidden && each.videoWidth > 0);
    if (!seen) return null;
    const canvas = document.createElement('canvas');
    canvas.width = this.#element.clientWidth || seen.videoWidth;
    canvas.height = this.#element.clientHeight || seen.videoHeight;
    canvas.getContext('2d')?.drawImage(seen, 0, 0, canvas.width, canvas.height);
    return canvas.toDataURL('image/jpeg', quality / 100).split(',')[1] ?? null;
  }

  /** Shows a snapshot before all else, null takes it away. @param {string | null} base64 */
  async show(base64) {
    this.#image.hidden = true;
    if (base64 === null) return;
    try {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      const picture = await createImageBitmap(new Blob([bytes]));
      [this.#image.width, this.#image.height] = [picture.width, picture.height];
      this.#image.getContext('2d')?.drawImage(picture, 0, 0);
      this.#image.hidden = false;
    } catch {
      return; // what is no picture is not shown
    }
  }

  /**
   * Fills the screen, or no longer.
   * @param {boolean} full
   * @returns {Promise<boolean>} whether it does now: a browser obeys only when the user has clicked
   */
  async fill(full) {
    try {
      await (full ? this.#element.requestFullscreen() : document.exitFullscreen());
      return full;
    } catch {
      return !full && document.fullscreenElement === this.#element;
    }
  }

  /** Hides all but one: what is played, and without pictures there the own camera. */
  #arrange() {
    const { videoWidth: width, videoHeight: height } = this.video;
    this.#resized(width || NaN, height || NaN);
    const display = this.#look?.display === true;
    const played = this.#look?.played === true && width > 0;
    const own = display && !played && this.#own.srcObject !== null && this.#own.srcObject !== undefined;
    this.#own.hidden = !own;
    this.video.hidden = !display || own || (width > 0 && !played);
  }
}

function newVideo() {
  const video = document.createElement('video');
  video.autoplay = true;
  video.muted = true;
  video.setAttribute('playsinline', '');
  return video;
}
