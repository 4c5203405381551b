// @ts-check
// The page of click-to-call's accounts: sign up, sign in, say who may be called from where, and take the button's code.
import { element, make, refill, setText } from '../../phone/src/view/elements.js';
import { Account, states } from './account.js';

const account = new Account();

/** @param {string} id */
const field = (id) => element(id, HTMLInputElement);

/** @param {string} words @param {'plain' | 'bad'} kind */
function say(words, kind = 'plain') {
  element('said').dataset.kind = kind;
  setText(element('said'), words);
}

/** Does something, says what came of it, and shows how the account stands. @param {() => Promise<unknown>} act @param {string} words */
async function attempt(act, words) {
  say('');
  try {
    await act();
    say(words);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error), 'bad');
  }
  render();
}

/**
 * A form that does something with its one field, which is empty afterwards.
 * @param {string} id of the form
 * @param {string} input
 * @param {(value: string) => Promise<unknown>} act
 * @param {string} words
 */
function adding(id, input, act, words) {
  element(id).addEventListener('submit', (event) => {
    event.preventDefault();
    const add = async () => {
      await act(field(input).value.trim());
      field(input).value = '';
    };
    void attempt(add, words);
  });
}

/** @param {string} list @param {import('./account.js').Entry[]} entries @param {(id: number) => Promise<unknown>} remove */
function renderList(list, entries, remove) {
  const items = entries.map(({ id, words }) => {
    const button = make('button', { type: 'button', id: `${list}-${id}`, className: 'quiet' }, 'Remove');
    button.ariaLabel = `Remove ${words}`;
    button.addEventListener('click', () => void attempt(() => remove(id), `${words} was removed.`));
    return make('li', {}, make('span', {}, words), button);
  });
  refill(element(list), ...items);
}

function render() {
  const before = element('account').dataset.state;
  element('account').dataset.state = account.state;
  element('out').hidden = account.state === states.in;
  element('in').hidden = account.state !== states.in;
  renderList('addresses', account.addresses, (id) => account.removeAddress(id));
  renderList('origins', account.origins, (id) => account.removeOrigin(id));
  setText(element('code'), account.code(location.origin));
  if (before !== account.state) field(account.state === states.in ? 'address' : 'email').focus();
}

element('sign-in-form').addEventListener('submit', (event) => {
  event.preventDefault();
  const signIn = async () => {
    await account.signIn(field('email').value.trim(), field('password').value);
    field('password').value = '';
  };
  void attempt(signIn, '');
});
element('sign-up-form').addEventListener('submit', (event) => {
  event.preventDefault();
  const email = field('new-email').value.trim();
  const words = `A mail is on its way to ${email}. Open its link, then sign in with the password in it.`;
  void attempt(() => account.signUp(field('name').value.trim(), email), words);
});
adding('address-form', 'address', (address) => account.addAddress(address), 'The address was added.');
adding('origin-form', 'origin', (site) => account.addOrigin(site), 'The web site was added.');
element('sign-out').addEventListener('click', () => {
  account.signOut();
  say('You are signed out.');
  render();
});
element('copy').addEventListener('click', () => {
  const copy = () => navigator.clipboard.writeText(element('code').textContent ?? '');
  void attempt(copy, 'The code was copied.');
});
