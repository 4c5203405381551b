// @ts-check
// The few facts that the service gives the page to start with.

/**
 * @typedef {object} Facts
 * @property {string} webSocket
 * @property {string} domain
 * @property {string[]} numbers that need nobody else
 * @property {{ name: string, password: string }[]} accounts of a demonstration
 */

/** What the page works with when the service says nothing. @type {Facts} */
const nothing = { webSocket: '/ws', domain: '', numbers: [], accounts: [] };

/**
 * Asks the service, at `config.json` beside the page; rejects when it does not answer with facts.
 * @param {string} page the page's address
 * @param {(url: URL, options: RequestInit) => Promise<Response>} ask
 */
export async function loadFacts(page = globalThis.location.href, ask = globalThis.fetch) {
  const response = await ask(new URL('config.json', page), { cache: 'no-store' });
  if (!response.ok) throw new Error(`the service answered ${response.status}`);
  return factsFrom(await response.json(), page);
}

/**
 * Asks until the service answers.
 * @param {(error: unknown) => void} told called after each time that it does not
 * @param {() => Promise<Facts>} ask
 * @param {number} pause in milliseconds
 */
export async function waitForFacts(told, ask = loadFacts, pause = 3000) {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      told(error);
      await new Promise((resolve) => {
        setTimeout(resolve, pause);
      });
    }
  }
}

/**
 * Makes facts of what the service said: webSocket is a whole URL, everything else is there.
 * @param {Partial<Facts>} said
 * @param {string} page the page's address
 * @returns {Facts}
 */
export function factsFrom(said, page) {
  const facts = { ...nothing, ...said };
  return {
    webSocket: webSocketURL(facts.webSocket, page),
    domain: facts.domain || new URL(page).hostname,
    numbers: facts.numbers,
    accounts: facts.accounts,
  };
}

/** The page's own host, by ws from http and by wss from https. @param {string} path @param {string} page */
function webSocketURL(path, page) {
  const url = new URL(path, page);
  url.protocol = url.protocol.replace('http', 'ws');
  return url.href;
}
