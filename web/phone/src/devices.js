// @ts-check
// Which microphone, speaker and camera the user wants, and which there are.

/**
 * @typedef {'audioinput' | 'audiooutput' | 'videoinput'} DeviceKind
 * @typedef {{ id: string, label: string }} Device
 */

/** @type {readonly DeviceKind[]} */
export const deviceKinds = Object.freeze(['audioinput', 'audiooutput', 'videoinput']);

/** What a device is called that has no name yet: browsers name them only to pages that may use them. */
const nameless = { audioinput: 'Microphone', audiooutput: 'Speaker', videoinput: 'Camera' };

const key = 'sipbridge.devices';

export class Devices {
  /** The device of each kind that the user wants; '' for the browser's choice. */
  wanted = { audioinput: '', audiooutput: '', videoinput: '' };
  #storage;
  #media;

  /**
   * @param {() => Storage} storage asking for it may throw
   * @param {MediaDevices | undefined} media
   */
  constructor(storage = () => localStorage, media = globalThis.navigator?.mediaDevices) {
    this.#storage = storage;
    this.#media = media;
    try {
      const kept = JSON.parse(storage().getItem(key) ?? '{}');
      for (const kind of deviceKinds) if (typeof kept[kind] === 'string') this.wanted[kind] = kept[kind];
    } catch {
      // no storage, or not ours
    }
  }

  /** @param {DeviceKind} kind @param {string} id */
  choose(kind, id) {
    this.wanted[kind] = id;
    try {
      this.#storage().setItem(key, JSON.stringify(this.wanted));
    } catch {
      // A browser that keeps nothing asks again the next time.
    }
  }

  /**
   * What to ask getUserMedia for. Chromium takes a device that is merely preferred for no better than its own choice.
   * @param {'audioinput' | 'videoinput'} kind
   */
  constraint(kind) {
    const id = this.wanted[kind];
    return id ? { deviceId: { exact: id } } : true;
  }

  /** The devices of a kind that there are. @param {DeviceKind} kind @returns {Promise<Device[]>} */
  async list(kind) {
    const all = (await this.#media?.enumerateDevices()) ?? [];
    return all
      .filter((device) => device.kind === kind && device.deviceId)
      .map(({ deviceId, label }, i) => ({ id: deviceId, label: label || `${nameless[kind]} ${i + 1}` }));
  }

  /** The one that the user wants; '' if it is gone. Where a page is told of no devices at all it may yet be there. @param {DeviceKind} kind */
  async present(kind) {
    const all = await this.list(kind);
    const wanted = this.wanted[kind];
    return all.length === 0 || all.some(({ id }) => id === wanted) ? wanted : '';
  }

  /** Calls back when a device is plugged in or out. @param {() => void} changed */
  watch(changed) {
    this.#media?.addEventListener('devicechange', changed);
  }
}
