import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Account, states } from '../src/account.js';
import { ask } from '../src/service.js';

const info = {
  name: 'Alice "A" <b>',
  sip_accounts: [{ id: 1, address: 'sip:alice@example.com' }],
  origins: [{ id: 2, origin: 'https://shop.example' }],
};

/** An account at a service that notes what it is asked. */
function newAccount() {
  const asked = [];
  const account = new Account(async (action, members) => {
    asked.push({ action, ...members });
    return action === 'req_account_signin' ? { token: 'T' } : info;
  });
  return { account, asked };
}

test('signs in, and shows how the account stands', async () => {
  const { account, asked } = newAccount();
  await account.signIn('alice@mail.example', 'secret');
  assert.equal(account.state, states.in);
  assert.deepEqual(asked, [
    { action: 'req_account_signin', email: 'alice@mail.example', password: 'secret' },
    { action: 'req_account_info', email: 'alice@mail.example', auth_token: 'T' },
  ]);
  assert.deepEqual(account.addresses, [{ id: 1, words: 'sip:alice@example.com' }]);
  assert.deepEqual(account.origins, [{ id: 2, words: 'https://shop.example' }]);
  account.signOut();
  assert.deepEqual([account.state, account.email, account.addresses], [states.out, '', []]);
});

test('an account of which nothing was learned is not shown', async () => {
  const account = new Account(async (action) => {
    if (action === 'req_account_info') throw new Error('unreachable');
    return { token: 'T' };
  });
  await assert.rejects(account.signIn('alice@mail.example', 'secret'), /unreachable/);
  assert.equal(account.state, states.out);
});

test('who has signed out is shown nothing of what comes late', async () => {
  let answer = (/** @type {unknown} */ _) => {};
  const late = new Promise((resolve) => (answer = resolve));
  const account = new Account(async (action) => {
    if (action === 'req_account_sip_add') return late;
    return action === 'req_account_signin' ? { token: 'T' } : info;
  });
  await account.signIn('alice@mail.example', 'secret');
  const adding = account.addAddress('bob@example.com');
  account.signOut();
  answer(info);
  await adding;
  assert.deepEqual([account.name, account.addresses], ['', []]);
});

test('names a web site as browsers do', async () => {
  const { account, asked } = newAccount();
  await account.addOrigin('https://Shop.example:443/cart?x');
  await account.addOrigin('shop');
  assert.deepEqual(
    asked.map(({ origin }) => origin),
    ['https://shop.example', 'shop'],
  );
});

test('a name in the code of the button ends no attribute', async () => {
  const { account } = newAccount();
  await account.signIn('alice@mail.example', 'secret');
  assert.equal(
    account.code('https://sip.example'),
    '<script src="https://sip.example/c2c.js" data-to="alice@mail.example" ' +
      'data-text="Call Alice &#34;A&#34; &#60;b&#62;"></script>',
  );
});

test('each refusal has its sentence', async () => {
  const answering = (status, body) => async () => ({ ok: false, status, json: async () => body });
  const words = (action, status, body = {}) => ask(action, {}, answering(status, body)).catch(({ message }) => message);
  assert.match(await words('req_account_signin', 404), /is wrong/);
  assert.match(await words('req_account_sip_add', 450), /no SIP address/);
  assert.match(await words('req_account_add', 483), /captcha/);
  assert.match(await words('req_account_origin_delete', 403), /not signed in any more/);
  assert.match(await words('req_account_info', 429), /Too many/);
  assert.equal(
    await words('req_account_add', 603, { error: 'No mail can be sent' }),
    'The service says: No mail can be sent.',
  );
  const noJSON = async () => ({ ok: false, status: 404, json: async () => JSON.parse('404 page not found') });
  await assert.rejects(ask('req_account_signin', {}, noJSON), /has no accounts/);
  const unreachable = async () => {
    throw new TypeError('Failed to fetch');
  };
  await assert.rejects(ask('req_account_info', {}, unreachable), /cannot be reached/);
});
