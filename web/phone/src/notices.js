// @ts-check
// Tells of calls while the page is not looked at, if the user allows it.

/** @typedef {import('./call.js').Call} Call */

export class Notices {
  /** @type {Map<Call, Notification>} */
  #shown = new Map();
  #make;
  #hidden;

  /**
   * @param {((title: string) => Notification) | null} make null where the browser has none
   * @param {() => boolean} hidden whether the page is not looked at
   */
  constructor(
    make = globalThis.Notification ? (title) => new Notification(title, { icon: 'favicon.svg', tag: title }) : null,
    hidden = () => !document.hasFocus(),
  ) {
    this.#make = make;
    this.#hidden = hidden;
  }

  /** granted, denied, default (not asked yet) or unsupported. */
  get permission() {
    return this.#make ? Notification.permission : 'unsupported';
  }

  /** Asks the user; browsers want a click for it. */
  async ask() {
    if (this.#make) await Notification.requestPermission();
  }

  /** Tells of calls that ring, and takes back what rings no more. @param {Call[]} calls */
  follow(calls) {
    for (const [call, notice] of this.#shown) {
      if (calls.includes(call) && call.rings) continue;
      notice.close();
      this.#shown.delete(call);
    }
    if (this.permission !== 'granted' || !this.#hidden()) return;
    for (const call of calls) if (call.rings && !this.#shown.has(call)) this.#tell(call);
  }

  /** @param {Call} call */
  #tell(call) {
    const notice = this.#make?.(`${call.peer.name} is calling`);
    if (!notice) return;
    notice.onclick = () => window.focus();
    this.#shown.set(call, notice);
  }
}
