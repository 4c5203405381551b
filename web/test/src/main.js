// @ts-check
// The test page: one click tells whether this browser can call through this service.
import { accountFrom } from '../../phone/src/account.js';
import { renewedDemo } from '../../phone/src/demo.js';
import { loadFacts } from '../../phone/src/facts.js';
import { remembered } from '../../phone/src/remembered.js';
import { iceServers, settingsFrom, webSocketFor } from '../../phone/src/settings.js';
import { element, setText } from '../../phone/src/view/elements.js';
import { runChecks } from './checks.js';
import { Plan } from './plan.js';
import { drawChecks, drawVerdict } from './view.js';

const { values: settings } = settingsFrom(location.search);

/** @typedef {import('../../phone/src/facts.js').Facts} Facts */

/** @param {string} id */
const input = (id) => element(id, HTMLInputElement);

/** Fills in the account: of the page's address, of the phone, or of a demonstration. @param {Facts} facts */
function fill(facts) {
  const before = remembered();
  const demo = facts.accounts.find(({ name }) => name === before?.name) ?? facts.accounts[0];
  const useDemo = demo && (!before?.name || before.name === demo.name);
  input('username').value = String(settings.username || (useDemo ? demo.name : before?.name) || '');
  input('domain').value = String(settings.domain || before?.domain || facts.domain);
  input('password').value = String(settings.password || (useDemo && !settings.username ? demo.password : ''));
  if (settings.password) history.replaceState(null, '', location.pathname); // not for the next one to read
}

/** Runs the test with what the form holds. @param {Facts} facts */
async function test(facts) {
  const typed = { name: input('username').value, domain: input('domain').value, password: input('password').value };
  const account = accountFrom({ ...typed, displayName: '', iceServers: iceServers(String(settings.webrtc_servers)) });
  const plan = new Plan(webSocketFor(settings, facts.webSocket), account);
  try {
    drawVerdict(await runChecks(plan.steps, drawChecks));
  } finally {
    plan.end();
  }
}

/** The facts, with the new password of a demo account if the service was started anew. @param {Facts | null} before */
async function freshFacts(before) {
  const now = await loadFacts(phonePage);
  const typed = { name: input('username').value, password: input('password').value, displayName: '' };
  const renewed = before && renewedDemo(typed, before, now);
  if (renewed) input('password').value = renewed.password;
  return now;
}

const phonePage = new URL('../phone/', location.href).href;

/** What the service said when the page was opened; null if it said nothing. @type {Facts | null} */
let facts = null;
void loadFacts(phonePage)
  .then((said) => {
    facts = said;
    fill(said);
  })
  .catch(() => {}) // the test asks again, and says what is wrong
  .finally(() => {
    element('test', HTMLButtonElement).disabled = false;
  });

element('account', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  void run();
});

async function run() {
  const button = element('test', HTMLButtonElement);
  button.disabled = true;
  document.body.dataset.verdict = 'running';
  setText(element('verdict'), 'Testing…');
  try {
    facts = await freshFacts(facts);
    await test(facts);
  } catch (error) {
    drawVerdict({ words: wordsFor(error) });
  } finally {
    button.disabled = false;
  }
}

/** @param {unknown} error */
function wordsFor(error) {
  if (error instanceof TypeError) return 'The service does not answer. Is it running?'; // as fetch says it
  return error instanceof Error ? error.message : String(error);
}
