// @ts-check
// Asks the service for an action of accounts, as JSON.

/** Why an action came to nothing, in words for the user. */
export class Refused extends Error {
  /** @param {number} status @param {string} words */
  constructor(status, words) {
    super(words);
    this.status = status;
  }
}

/** What the statuses mean that say the same for each action. @type {ReadonlyMap<number, string>} */
const words = new Map([
  [404, 'The account has no such thing any more.'],
  [429, 'Too many tries in a short time. Wait a little and try again.'],
]);

const ended = 'You are not signed in any more. Sign out, and sign in again.';

/** What they mean for one. @type {Readonly<Record<string, Record<number, string>>>} */
const wordsOf = Object.freeze({
  req_account_signin: {
    403: 'E-mail address or password is wrong, or the link in the mail was not opened yet.',
    404: 'E-mail address or password is wrong, or the link in the mail was not opened yet.',
  },
  req_account_add: {
    450: 'That is no e-mail address.',
    483: 'This service wants a captcha, which this page has not. Ask for an account whoever runs the service.',
  },
  req_account_info: { 403: ended },
  req_account_sip_delete: { 403: ended },
  req_account_origin_delete: { 403: ended },
  req_account_sip_add: { 450: 'That is no SIP address, or there is no room for one more.' },
  req_account_origin_add: {
    403: ended,
    450: 'That is no web site as browsers name it, such as https://shop.example.com, or there is no room for one more.',
  },
});

/**
 * Does an action.
 * @param {string} action
 * @param {Record<string, unknown>} members of the request
 * @param {typeof fetch} send
 * @returns {Promise<any>} the answer
 */
export async function ask(action, members, send = fetch) {
  let response;
  try {
    response = await send('../c2c/', {
      method: 'POST',
      credentials: 'omit',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ action, ...members }),
    });
  } catch {
    throw new Refused(0, 'The service cannot be reached.');
  }
  const answer = await response.json().catch(() => null);
  if (!answer) throw new Refused(response.status, 'This service has no accounts.');
  if (response.ok) return answer;
  const { status } = response;
  const own = wordsOf[action]?.[status] ?? words.get(status);
  throw new Refused(status, own ?? `The service says: ${answer.error ?? status}.`);
}
