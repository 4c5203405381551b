// @ts-check
// Who holds a call. JsSIP ends a call whose hold is refused.

/** @typedef {import('jssip/lib/RTCSession').RTCSession} Session */

export class Hold {
  local = false;
  remote = false;
  /** True while the other side has not agreed yet. */
  changing = false;

  /**
   * Hears of holding on both sides.
   * @param {Session} session
   * @param {() => void} changed
   */
  follow(session, changed) {
    /** @param {string} originator @param {boolean} held */
    const take = (originator, held) => {
      this[originator === 'local' ? 'local' : 'remote'] = held;
      changed();
    };
    session.on('hold', ({ originator }) => take(originator, true));
    session.on('unhold', ({ originator }) => take(originator, false));
  }

  /**
   * Holds or resumes; does nothing while the last change is under way.
   * @param {Session} session
   * @param {boolean} held
   * @param {() => void} changed
   */
  set(session, held, changed) {
    if (this.changing || held === this.local) return;
    this.changing = true;
    const agreed = () => {
      this.changing = false;
      changed();
    };
    const begun = held ? session.hold({}, agreed) : session.unhold({}, agreed);
    this.changing &&= begun;
    changed();
  }
}
