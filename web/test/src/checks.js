// @ts-check
// The checks of the test page, one after the other. Each says in a sentence how it went.

/**
 * How far a check is.
 *
 *   waiting -> running -> passed | failed
 *   waiting -> skipped                       an earlier one failed, so that there is nothing to look at
 *
 * A check that is only worth knowing passes, and says it.
 */
export const CheckState = Object.freeze({
  waiting: 'waiting',
  running: 'running',
  passed: 'passed',
  failed: 'failed',
  skipped: 'skipped',
});

/**
 * @typedef {keyof typeof CheckState} State
 * @typedef {{ name: string, title: string, state: State, words: string }} Check
 * @typedef {{ name: string, title: string, run: () => Promise<string> | string }} Step run gives a sentence, or throws a
 *   Fault
 */

/** Why a check failed, in a sentence for the user. */
export class Fault extends Error {}

/**
 * Runs the steps in order until one fails.
 * @param {readonly Step[]} steps
 * @param {(checks: readonly Check[]) => void} told called after every change
 * @returns {Promise<Check | null>} what failed, or null
 */
export async function runChecks(steps, told) {
  /** @type {Check[]} */
  const checks = steps.map(({ name, title }) => ({ name, title, state: CheckState.waiting, words: '' }));
  /** @type {Check | null} */
  let failed = null;
  for (const [index, check] of checks.entries()) {
    if (failed) check.state = CheckState.skipped;
    else if (!(await passes(check, steps[index], () => told(checks)))) failed = check;
    told(checks);
  }
  return failed;
}

/**
 * @param {Check} check
 * @param {Step} step
 * @param {() => void} told
 */
async function passes(check, step, told) {
  check.state = CheckState.running;
  told();
  try {
    check.words = await step.run();
    check.state = CheckState.passed;
  } catch (error) {
    check.words = error instanceof Error ? error.message : String(error);
    check.state = CheckState.failed;
  }
  return check.state === CheckState.passed;
}

/**
 * Waits until look() gives something true, which it gives back; a Fault with the words after the time.
 * @template T
 * @param {() => T | null | undefined | false} look
 * @param {number} milliseconds
 * @param {string} words
 * @returns {Promise<T>}
 */
export async function until(look, milliseconds, words) {
  const deadline = Date.now() + milliseconds;
  for (;;) {
    const found = look();
    if (found) return found;
    if (Date.now() > deadline) throw new Fault(words);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
