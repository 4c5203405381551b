// The form with the account, and the choice among the accounts of a demonstration.
import { element, make } from './elements.js';

const fields = ['username', 'domain', 'password', 'displayname'];

export class AccountView {
  #accounts = [];
  /** Whether the service has said what is needed to register. */
  #filled = false;

  /** register is called with { name, domain, password, displayName } as typed. */
  constructor(register) {
    element('account').addEventListener('submit', (event) => {
      event.preventDefault();
      register(this.typed());
    });
    element('username').addEventListener('input', () => this.#mark());
  }

  typed() {
    const [name, domain, password, displayName] = fields.map((id) => element(id).value);
    return { name, domain, password, displayName };
  }

  /** Fills the form: with what was used before or the page's address says, else with the first account of a demonstration. */
  fill({ domain, accounts }, before) {
    this.#accounts = accounts;
    this.#filled = true;
    element('domain').value = before?.domain || domain;
    element('username').value = before?.name ?? '';
    element('displayname').value = before?.displayName ?? '';
    element('password').value = before?.password ?? '';
    const demo = before ? accounts.find(({ name }) => name === before.name) : accounts[0];
    if (demo) this.#choose(demo, domain);
    this.#offer(domain);
  }

  /** The form shows until the service has taken the account. */
  render({ signedIn, line }) {
    element('account').hidden = signedIn || !this.#filled;
    const busy = line?.state === 'connecting' || line?.state === 'registering';
    element('register').disabled = busy;
    element('register').textContent = busy ? 'Registering…' : 'Register';
  }

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

  #choose({ name, password }, domain) {
    element('username').value = name;
    element('domain').value = domain;
    element('password').value = password;
    this.#mark();
  }

  #mark() {
    for (const button of element('demo-accounts').children) {
      button.ariaPressed = String(button.textContent === element('username').value);
    }
  }
}
