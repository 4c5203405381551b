// @ts-check
// What goes to the console, up to the level that SIPml.setDebugLevel asks for. Never a message as a whole: it may
// hold what proves the user.

const levels = Object.freeze({ fatal: 1, error: 2, warn: 3, info: 4 });

class Log {
  /** @type {number} */
  #level = levels.warn;

  /** @param {string} name fatal, error or warn; anything else is info, as sipML5 has it */
  setLevel(name) {
    this.#level = levels[/** @type {keyof levels} */ (name)] ?? levels.info;
  }

  /** @param {...unknown} what */
  info(...what) {
    if (this.#level >= levels.info) console.info('SIPml:', ...what);
  }

  /** @param {...unknown} what */
  warn(...what) {
    if (this.#level >= levels.warn) console.warn('SIPml:', ...what);
  }
}

/** The page has one console, so this is one for all stacks. */
export const log = new Log();
