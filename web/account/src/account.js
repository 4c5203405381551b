// @ts-check
// An account of click-to-call, and what its owner does with it. Its token is in this page alone: who loads it anew
// signs in again.
import { ask as askService } from './service.js';

/**
 * How the account stands in this page:
 *
 *   out -> in -> out
 */
export const states = Object.freeze({ out: 'out', in: 'in' });

/**
 * @typedef {{ id: number, words: string }} Entry an address or a web site
 */

export class Account {
  /** @type {string} one of states */
  state = states.out;
  email = '';
  name = '';
  /** @type {Entry[]} */
  addresses = [];
  /** @type {Entry[]} */
  origins = [];
  #token = '';
  #ask;

  /** @param {(action: string, members: Record<string, unknown>) => Promise<any>} ask stands in for the service in tests */
  constructor(ask = askService) {
    this.#ask = ask;
  }

  /** Has a password mailed, which is good once the link beside it was opened. @param {string} name @param {string} email */
  async signUp(name, email) {
    await this.#ask('req_account_add', { name, email });
  }

  /** @param {string} email @param {string} password */
  async signIn(email, password) {
    const { token } = await this.#ask('req_account_signin', { email, password });
    this.email = email;
    this.#token = token;
    await this.#do('req_account_info');
    this.state = states.in;
  }

  signOut() {
    this.#token = '';
    Object.assign(this, { email: '', name: '', state: states.out, addresses: [], origins: [] });
  }

  /** @param {string} address */
  addAddress(address) {
    return this.#do('req_account_sip_add', { sip: { address } });
  }

  /** @param {number} id */
  removeAddress(id) {
    return this.#do('req_account_sip_delete', { id });
  }

  /** @param {string} site may have a path, which is left out */
  addOrigin(site) {
    const origin = URL.canParse(site) ? new URL(site).origin : site;
    return this.#do('req_account_origin_add', { origin });
  }

  /** @param {number} id */
  removeOrigin(id) {
    return this.#do('req_account_origin_delete', { id });
  }

  /** The code of a button that calls this account. @param {string} service where the service is, scheme://host */
  code(service) {
    const to = escaped(this.email);
    return `<script src="${service}/c2c.js" data-to="${to}" data-text="Call ${escaped(this.name)}"></script>`;
  }

  /** Does something with the account, and learns how it stands then. @param {string} action @param {object} [members] */
  async #do(action, members = {}) {
    const token = this.#token;
    const answer = await this.#ask(action, { email: this.email, auth_token: token, ...members });
    if (token !== this.#token) return; // signed out meanwhile
    this.name = String(answer.name ?? '');
    this.addresses = list(answer.sip_accounts, 'address');
    this.origins = list(answer.origins, 'origin');
  }
}

/** @param {any} entries @param {string} key @returns {Entry[]} */
function list(entries, key) {
  return (Array.isArray(entries) ? entries : []).map((entry) => ({ id: Number(entry.id), words: String(entry[key]) }));
}

/** @param {string} text */
function escaped(text) {
  return text.replace(/[&<>"]/g, (each) => `&#${each.charCodeAt(0)};`);
}
