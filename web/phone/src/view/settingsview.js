// @ts-check
// The boxes with the settings: each field has the id of its setting.
import { detect } from '../detection.js';
import { stateWords } from '../linewords.js';
import { keepable, parameters, settingsFrom } from '../settings.js';
import { element, make, setText } from './elements.js';

const key = 'sipbridge.settings';

/** What cannot change while there is a registration. */
const ofRegistration = [
  'authname',
  'outbound',
  'outbound_proxy_address',
  'register_interval',
  'websocket_path',
  'webrtc_servers',
  'user_agent',
  'server',
  'has_registration',
];

/** What has a form of its own. */
const ofAccount = ['displayname', 'username', 'domain', 'password', 'target'];

/** @typedef {{ state: string, account: { uri: string }, connected: boolean } | null} Followed */

export class SettingsView {
  /** What the page's address asks for in vain, or should be known. */
  notices;
  /** @type {import('../settings.js').Values} */
  values;
  /** @type {Followed} */
  #line = null;

  constructor() {
    const { values, notices } = settingsFrom(location.search, kept());
    this.values = values;
    this.notices = notices;
    for (const name of Object.keys(parameters).filter((each) => !ofAccount.includes(each))) this.#bind(name);
    const items = detect().map(([name, has]) => make('li', {}, `${has ? '✓' : '✗'} ${name}`));
    element('detection').replaceChildren(...items);
    if (values.password) history.replaceState(null, '', location.pathname); // not for the next one to read
  }

  /** @param {{ line: Followed }} phone */
  render({ line }) {
    this.#line = line;
    for (const name of ofRegistration) fieldOf(name)?.toggleAttribute('disabled', Boolean(line));
    const proxy = element('outbound_proxy_address', HTMLInputElement);
    proxy.disabled ||= this.values.outbound !== 'proxy';
    setText(element('aor'), line?.account.uri ?? '–');
    setText(element('socket-state'), line?.connected ? 'open' : 'closed');
    setText(element('register-state'), stateWords[/** @type {keyof typeof stateWords} */ (line?.state ?? 'off')]);
  }

  /** @param {string} name */
  #bind(name) {
    const field = fieldOf(name);
    const value = this.values[name];
    if (!field) return;
    const isCheck = field instanceof HTMLInputElement && field.type === 'checkbox';
    if (isCheck) field.checked = value === true;
    else if (value !== '') field.value = String(value);
    field.addEventListener('change', () => {
      this.values[name] = isCheck ? field.checked : field.value.trim();
      // What a link has set is for this visit: only what the user sets himself is kept.
      remember(keepable({ ...kept(), [name]: this.values[name] }));
      this.render({ line: this.#line });
    });
  }
}

/**
 * The field of a setting, if the page has one.
 * @param {string} name
 */
function fieldOf(name) {
  const field = document.getElementById(name);
  const isField =
    field instanceof HTMLInputElement || field instanceof HTMLSelectElement || field instanceof HTMLTextAreaElement;
  return isField ? field : null;
}

/** @returns {import('../settings.js').Values} */
function kept() {
  try {
    return JSON.parse(localStorage.getItem(key) ?? '{}') ?? {};
  } catch {
    return {}; // no storage, or not ours
  }
}

/** @param {import('../settings.js').Values} values */
function remember(values) {
  try {
    localStorage.setItem(key, JSON.stringify(values));
  } catch {
    // A browser that keeps nothing has the settings of the page's address.
  }
}
