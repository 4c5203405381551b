// @ts-check
// The form with the account, and the choice among the accounts of a demonstration.
import { element, make } from './elements.js';

/**
 * @typedef {import('../facts.js').Facts} Facts
 * @typedef {Facts['accounts'][number]} Demo
 * @typedef {Partial<Record<'name' | 'domain' | 'password' | 'displayName', string>>} Known
 */

/** @param {string} id */
const field = (id) => element(id, HTMLInputElement);

export class AccountView {
  /** @type {Demo[]} */
  #accounts = [];
  /** Whether the service has said what is needed to register. */
  #filled = false;

  /** @param {(typed: import('../account.js').Typed) => void} register called with what was typed */
  constructor(register) {
    element('account').addEventListener('submit', (event) => {
      event.preventDefault();
      register(this.typed());
    });
    element('username').addEventListener('input', () => this.#mark());
  }

  typed() {
    return {
      name: field('username').value,
      domain: field('domain').value,
      password: field('password').value,
      displayName: field('displayname').value,
    };
  }

  /**
   * Fills the form: with what was used before or the page's address says, else with the first account of a
   * demonstration.
   * @param {Facts} facts
   * @param {Known | null} before
   */
  fill({ domain, accounts }, before) {
    this.#accounts = accounts;
    this.#filled = true;
    field('domain').value = before?.domain || domain;
    field('username').value = before?.name ?? '';
    field('displayname').value = before?.displayName ?? '';
    field('password').value = before?.password ?? '';
    const demo = before ? accounts.find(({ name }) => name === before.name) : accounts[0];
    if (demo) this.#choose(demo, domain);
    this.#offer(domain);
  }

  /** Who signs out leaves no password to the next one. Those of a demonstration everybody may have. */
  forgetPassword() {
    const { name, password } = this.typed();
    const isDemo = this.#accounts.some((demo) => demo.name === name && demo.password === password);
    if (!isDemo) field('password').value = '';
  }

  /** The form shows until the service has taken the account. @param {import('../phone.js').Phone} phone */
  render({ signedIn, line }) {
    element('account').hidden = signedIn || !this.#filled;
    const busy = line?.state === 'connecting' || line?.state === 'registering';
    element('register', HTMLButtonElement).disabled = busy;
    element('register').textContent = busy ? 'Registering…' : 'Register';
  }

  /** @param {string} domain */
  #offer(domain) {
    const buttons = this.#accounts.map((account) => {
      const button = make('button', { type: 'button', id: `demo-${account.name}` }, account.name);
      button.addEventListener('click', () => this.#choose(account, domain));
      return button;
    });
    element('demo-accounts').replaceChildren(...buttons);
    element('demo').hidden = buttons.length === 0;
    this.#mark();
  }

  /** @param {Demo} account @param {string} domain */
  #choose({ name, password }, domain) {
    field('username').value = name;
    field('domain').value = domain;
    field('password').value = password;
    this.#mark();
  }

  #mark() {
    for (const button of element('demo-accounts').children) {
      button.ariaPressed = String(button.textContent === field('username').value);
    }
  }
}
