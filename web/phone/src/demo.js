// @ts-check
// Demo accounts get new passwords at each start of the service; a page that stayed open follows.

/**
 * The form's content for a demo account whose password is new, or null if this is not what went wrong.
 * @param {{ name: string, password?: string, displayName: string }} account that was refused
 * @param {import('./facts.js').Facts} before what the service said when the account was registered
 * @param {import('./facts.js').Facts} now
 * @returns {import('./account.js').Typed | null}
 */
export function renewedDemo({ name, password, displayName }, before, now) {
  const same = (/** @type {{ name: string }} */ each) => each.name === name;
  const fresh = now.accounts.find(same);
  const wasDemo = before.accounts.find(same)?.password === password;
  if (!wasDemo || !fresh || fresh.password === password) return null;
  return { name, domain: now.domain, password: fresh.password, displayName };
}
