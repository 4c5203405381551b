// @ts-check
// Begins calls with the microphone muted, for those who only listen at first.

/** @typedef {{ state: string, muted: boolean, setMuted: (muted: boolean) => void }} Mutable */

export class QuietStart {
  /** @type {WeakSet<Mutable>} calls that have begun */
  #begun = new WeakSet();

  /**
   * Looks which calls have just begun.
   * @param {Mutable[]} calls
   * @param {boolean} quiet whether they begin muted
   */
  follow(calls, quiet) {
    for (const call of calls) {
      if (call.state !== 'up' || this.#begun.has(call)) continue;
      this.#begun.add(call);
      if (quiet && !call.muted) call.setMuted(true);
    }
  }
}
