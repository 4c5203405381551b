// @ts-check
// Microphone, camera and screen of calls that are up: changed, unplugged, shown and hidden.
import { closeMicrophone } from './microphone.js';

/** @typedef {import('./call.js').Call} Call */

export class CallDevices {
  #around;

  /** @param {import('./calls.js').Surroundings} around */
  constructor(around) {
    this.#around = around;
  }

  /**
   * Opens what a call begins with: the microphone, and if the user wants to be seen the camera. That there is none is
   * no reason not to talk.
   * @param {boolean} seen
   * @returns {Promise<[MediaStream, MediaStream | null]>}
   */
  async open(seen) {
    const microphone = await this.#around.openMicrophone();
    if (!seen) return [microphone, null];
    try {
      return [microphone, await this.#around.openCamera()];
    } catch (error) {
      this.#around.say(`${/** @type {Error} */ (error).message} You are heard, and not seen.`, 'bad');
      return [microphone, null];
    }
  }

  /** A camera can be unplugged in a call that began with it. @param {Call} call */
  watchCamera(call) {
    const { pictures, connection } = call.media;
    if (connection && pictures.local) this.#watch(call, connection, pictures.local);
  }

  /** Uses the microphone that the user has chosen now. @param {Call[]} calls */
  async changeMicrophone(calls) {
    try {
      for (const call of calls) if (call.up) await call.media.replace(await this.#around.openMicrophone());
    } catch (error) {
      this.#around.say(/** @type {Error} */ (error).message, 'bad');
    }
  }

  /** Uses the camera that the user has chosen now, if one is shown. @param {Call | null} call @param {() => Promise<MediaStream>} open */
  async changeCamera(call, open) {
    const connection = call?.media.connection;
    if (call?.up && connection && call.media.pictures.showing === 'camera') {
      await this.#show(call, connection, 'camera', open);
    }
  }

  /** The microphone was unplugged: another one takes its place, if there is one. @param {Call} call */
  async replug(call) {
    const lost = 'The microphone was unplugged.';
    this.#around.journal.write(lost, 'bad');
    try {
      await call.media.replace(await this.#around.openMicrophone());
      this.#around.say(`${lost} Another one is used now.`);
    } catch {
      this.#around.say(`${lost} ${call.peer.name} does not hear you until you plug one in and choose it.`, 'bad');
    }
  }

  /**
   * Shows the camera or the screen to the other side, or what is shown no more.
   * @param {Call | null} call
   * @param {'camera' | 'screen'} what
   * @param {() => Promise<MediaStream>} open
   */
  async togglePicture(call, what, open) {
    const connection = call?.media.connection;
    if (!call?.up || !connection || !this.#around.line()?.connected) return;
    if (call.media.pictures.showing === what) await this.#hide(call, connection);
    else await this.#show(call, connection, what, open);
  }

  /** @param {Call} call @param {RTCPeerConnection} connection */
  async #hide(call, connection) {
    await call.media.pictures.hide(connection);
    call.renegotiate();
  }

  /** @param {Call} call @param {RTCPeerConnection} connection @param {'camera' | 'screen'} what @param {() => Promise<MediaStream>} open */
  async #show(call, connection, what, open) {
    const { pictures } = call.media;
    try {
      const stream = await open();
      if (!call.up) {
        closeMicrophone(stream); // the call ended while the user was asked
        return;
      }
      this.#watch(call, connection, stream);
      if (await pictures.show(connection, what, stream)) call.renegotiate();
    } catch (error) {
      this.#around.say(/** @type {Error} */ (error).message, 'bad');
    }
  }

  /**
   * A camera can be unplugged, and the browser has a button of its own that ends the sharing of a screen.
   * @param {Call} call
   * @param {RTCPeerConnection} connection
   * @param {MediaStream} stream
   */
  #watch(call, connection, stream) {
    const { pictures } = call.media;
    for (const track of stream.getTracks()) {
      track.addEventListener('ended', () => pictures.local === stream && void this.#hide(call, connection));
    }
  }
}
