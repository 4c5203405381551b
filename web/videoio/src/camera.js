// @ts-check
// The own camera, shown while nobody else gets it.
//
//   closed -> opening -> open -> closed
//             opening -> closed         (no longer wanted, or there is none)

export const State = Object.freeze({ closed: 'closed', opening: 'opening', open: 'open' });

export class Camera {
  /** @type {string} */
  state = State.closed;
  /** @type {MediaStream | null} */
  stream = null;
  #devices;
  #settled;
  /** Tells one opening from a later one. @type {object | null} */
  #opening = null;

  /**
   * @param {import('./devices.js').Devices} devices
   * @param {(open: boolean) => void} settled tells what became of the wish for it
   */
  constructor(devices, settled) {
    this.#devices = devices;
    this.#settled = settled;
  }

  /** @param {boolean} wanted */
  want(wanted) {
    if (!wanted) this.#close();
    else if (this.state === State.closed) void this.#open();
  }

  async #open() {
    const opening = {};
    this.#opening = opening;
    this.state = State.opening;
    const stream = await this.#devices.open({ audio: false, video: true }).catch(() => null);
    if (this.#opening !== opening) {
      stop(stream);
      return;
    }
    this.stream = stream;
    this.state = stream ? State.open : State.closed;
    this.#settled(stream !== null);
  }

  #close() {
    this.#opening = null;
    this.state = State.closed;
    stop(this.stream);
    this.stream = null;
  }
}

/** @param {MediaStream | null} stream */
function stop(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}
