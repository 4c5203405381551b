// @ts-check
// Shows the checks, and what they amount to.
import { element, make, setText } from '../../phone/src/view/elements.js';

const marks = Object.freeze({ waiting: '·', running: '…', passed: '✓', failed: '✗', skipped: '–' });
const stateWords = Object.freeze({
  waiting: 'waiting',
  running: 'under way',
  passed: 'passed',
  failed: 'failed',
  skipped: 'not looked at',
});

/** @param {readonly import('./checks.js').Check[]} checks */
export function drawChecks(checks) {
  element('checks').replaceChildren(...checks.map(item));
}

/** @param {import('./checks.js').Check} check */
function item({ name, title, state, words }) {
  const mark = make('span', { className: 'mark', ariaHidden: 'true' }, marks[state]);
  const head = make('b', {}, title, make('span', { className: 'spoken' }, `: ${stateWords[state]}`));
  const line = make('li', { id: `check-${name}` }, mark, make('div', {}, head, make('p', {}, words)));
  line.dataset.state = state;
  return line;
}

/**
 * Says whether this browser can call.
 * @param {{ words: string } | null} failed
 */
export function drawVerdict(failed) {
  document.body.dataset.verdict = failed ? 'bad' : 'good';
  const words = failed
    ? `This browser cannot call through this service yet. ${failed.words}`
    : 'This browser can call through this service.';
  setText(element('verdict'), words);
}
