// @ts-check
// The microphone and the camera, as the properties want them; and what the user says to that.

/** @typedef {(property: string) => import('./properties.js').Value} Wishes gives a property of the player */

/**
 * @typedef {object} Listener
 * @property {(asks: boolean) => void} asking the browser begins or ends to ask the user
 * @property {(allowed: boolean) => void} allowed what came of it
 */

export class Devices {
  #wishes;
  #listener;

  /**
   * @param {Wishes} wishes
   * @param {Listener} listener
   */
  constructor(wishes, listener) {
    this.#wishes = wishes;
    this.#listener = listener;
  }

  /**
   * Opens what is wanted. Who has no camera, or keeps it to himself, still has a microphone.
   * @param {{ audio: boolean, video: boolean }} wanted
   * @returns {Promise<MediaStream>} rejected if there is nothing to open
   */
  async open({ audio, video }) {
    const asks = !(await granted({ audio, video }));
    if (asks) this.#listener.asking(true);
    try {
      const stream = await this.#open(audio, video);
      this.#listener.allowed(true);
      return stream;
    } catch (error) {
      this.#listener.allowed(false);
      throw error;
    } finally {
      if (asks) this.#listener.asking(false);
    }
  }

  /** What the camera is asked for. */
  camera() {
    return {
      width: Number(this.#wishes('cameraWidth')),
      height: Number(this.#wishes('cameraHeight')),
      frameRate: Number(this.#wishes('cameraFPS')),
    };
  }

  /**
   * @param {boolean} audio
   * @param {boolean} video
   */
  async #open(audio, video) {
    const microphone = audio && { echoCancellation: this.#wishes('echoCancel') === true };
    if (!video) return navigator.mediaDevices.getUserMedia({ audio: microphone });
    try {
      return await navigator.mediaDevices.getUserMedia({ audio: microphone, video: this.camera() });
    } catch (error) {
      if (!audio) throw error;
      return navigator.mediaDevices.getUserMedia({ audio: microphone });
    }
  }
}

/**
 * Whether the user has said yes before, so that he is not asked; false where the browser does not say.
 * @param {{ audio: boolean, video: boolean }} wanted
 */
async function granted({ audio, video }) {
  const names = [...(audio ? ['microphone'] : []), ...(video ? ['camera'] : [])];
  try {
    const answers = await Promise.all(
      names.map((name) => navigator.permissions.query({ name: /** @type {PermissionName} */ (name) })),
    );
    return answers.every(({ state }) => state === 'granted');
  } catch {
    return false;
  }
}
