// @ts-check
// The choice of microphone, speaker and camera, and the trial of them.
import { deviceKinds } from '../devices.js';
import { LevelMeter } from '../level.js';
import { closeMicrophone } from '../microphone.js';
import { element, make, setText } from './elements.js';

/** How often the meter moves, and how long a trial lasts, in milliseconds. */
const meterEvery = 100;
const trialLength = 15_000;

/**
 * @typedef {import('../devices.js').DeviceKind} DeviceKind
 * @typedef {object} DevicesAsked
 * @property {(kind: DeviceKind) => void} chosen a device was chosen, and is to be used in calls
 * @property {() => Promise<MediaStream>} openMicrophone
 * @property {() => void} playTone
 */

export class DevicesView {
  #devices;
  #asked;
  /** @type {{ stream: MediaStream, meter: LevelMeter, timer: ReturnType<typeof setInterval> } | null} */
  #trial = null;

  /**
   * @param {import('../devices.js').Devices} devices
   * @param {DevicesAsked} asked
   */
  constructor(devices, asked) {
    this.#devices = devices;
    this.#asked = asked;
    for (const kind of deviceKinds) {
      element(kind).addEventListener('change', () => this.#choose(kind));
    }
    element('microphone-test').addEventListener('click', () => void this.#toggle());
    element('tone-test').addEventListener('click', () => asked.playTone());
    devices.watch(() => void this.fill());
    void this.fill();
  }

  /** Lists the devices anew: their names are known only once the page may use them. */
  async fill() {
    for (const kind of deviceKinds) {
      const found = await this.#devices.list(kind);
      const options = [{ id: '', label: 'As the browser chooses' }, ...found];
      const select = element(kind, HTMLSelectElement);
      select.replaceChildren(...options.map(({ id, label }) => make('option', { value: id }, label)));
      select.value = options.some(({ id }) => id === this.#devices.wanted[kind]) ? this.#devices.wanted[kind] : '';
      select.disabled = found.length === 0;
    }
  }

  /** @param {DeviceKind} kind */
  #choose(kind) {
    this.#devices.choose(kind, element(kind, HTMLSelectElement).value);
    this.#asked.chosen(kind);
    if (kind === 'audioinput' && this.#trial) this.#stop();
  }

  async #toggle() {
    if (this.#trial) this.#stop();
    else await this.#start();
  }

  async #start() {
    try {
      const stream = await this.#asked.openMicrophone();
      const meter = new LevelMeter(stream);
      const began = Date.now();
      const timer = setInterval(() => {
        element('microphone-level', HTMLMeterElement).value = meter.level;
        if (Date.now() - began > trialLength) this.#stop();
      }, meterEvery);
      this.#trial = { stream, meter, timer };
      setText(element('microphone-test'), 'Stop');
      setText(element('devices-message'), 'Say something: the bar should move.');
      await this.fill();
    } catch (error) {
      setText(element('devices-message'), /** @type {Error} */ (error).message);
    }
  }

  #stop() {
    if (!this.#trial) return;
    clearInterval(this.#trial.timer);
    this.#trial.meter.close();
    closeMicrophone(this.#trial.stream);
    this.#trial = null;
    element('microphone-level', HTMLMeterElement).value = 0;
    setText(element('microphone-test'), 'Test microphone');
    setText(element('devices-message'), '');
  }
}
