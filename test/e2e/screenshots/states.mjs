// The states that are pictured: a name, and how the page gets there. another() opens one more page of the service.

/** Pictured half-way through a change of colour nothing looks as it is. */
export const still = [{ name: 'prefers-reduced-motion', value: 'reduce' }];
const dark = [...still, { name: 'prefers-color-scheme', value: 'dark' }];

/** Clicks as a user does: on what can be seen. */
async function click(page, id) {
  await page.locator(`#${id}`).click();
}

async function until(page, name, value) {
  await page.waitForSelector(`#phone[data-${name}="${value}"]`);
}

/** Where the page is narrow, shows a tab. */
async function tab(page, name) {
  if (await page.$eval('#tabs', (tabs) => tabs.checkVisibility())) await click(page, `tab-${name}`);
}

/** Signs a demo user in. */
async function signIn(page, name) {
  await click(page, `demo-${name}`);
  await click(page, 'register');
  await until(page, 'line', 'registered');
}

/** Calls and waits until the call stands so. */
async function dial(page, target, state) {
  await page.locator('#target').fill(target);
  await click(page, 'call');
  await until(page, 'call', state);
}

async function registered(another) {
  const page = await another();
  await signIn(page, 'alice');
  return page;
}

/** Two demo users who know each other and have written. */
async function chatting(another) {
  const page = await registered(another);
  const other = await another();
  await signIn(other, 'bob');
  await tab(page, 'people');
  await page.locator('#contact-address').fill('bob');
  await page.locator('#contact-name').fill('Bob Builder');
  await click(page, 'contact-add');
  await page.waitForSelector('#contacts [data-state="available"]');
  await write(other, 'alice', 'Hello Alice, do you have a minute?');
  await tab(page, 'chat');
  await page.waitForSelector('#chat-texts [data-state="received"]');
  await write(page, 'bob', 'For you always ☎');
  await page.waitForSelector('#chat-texts [data-state="sent"]');
  await write(page, 'nobody', 'Is anybody there?');
  await page.waitForSelector('#chat-texts [data-state="failed"]');
  await page.locator('#chat-people button:last-child').click();
  return page;
}

async function write(page, to, text) {
  await tab(page, 'chat');
  await page.locator('#chat-to').fill(to);
  await page.locator('#chat-text').fill(text);
  await click(page, 'chat-send');
}

/** A call that is sent on, one on hold, and one that comes in. */
async function several(another) {
  const page = await registered(another);
  await dial(page, 'echo', 'up');
  await click(page, 'add-call');
  await dial(page, 'tone', 'up');
  const other = await another();
  await signIn(other, 'bob');
  await dial(other, 'alice', 'ringing');
  await page.waitForFunction(() => document.getElementById('others').children.length === 2);
  await click(page, 'transfer');
  return page;
}

/** Two who see each other. */
async function seeing(another) {
  const page = await registered(another);
  const other = await another();
  await signIn(other, 'bob');
  await dial(page, 'bob', 'ringing');
  await click(other, 'answer');
  for (const each of [page, other]) {
    await until(each, 'call', 'up');
    await each.bringToFront(); // only what is in front is painted
    await click(each, 'camera');
  }
  await page.bringToFront();
  const moves = () => document.getElementById('remote-video').getVideoPlaybackQuality().totalVideoFrames > 10;
  await page.waitForFunction(moves);
  return page;
}

export const states = [
  { name: 'signin', reach: (another) => another() },
  { name: 'registered', reach: registered },
  {
    name: 'registered-dark',
    async reach(another) {
      const page = await another();
      await page.emulateMediaFeatures(dark);
      await signIn(page, 'alice');
      return page;
    },
  },
  {
    name: 'incoming',
    async reach(another) {
      const page = await registered(another);
      const other = await another();
      await signIn(other, 'bob');
      await dial(other, 'alice', 'ringing');
      await until(page, 'call', 'incoming');
      return page;
    },
  },
  {
    name: 'talking',
    async reach(another) {
      const page = await registered(another);
      await dial(page, 'echo', 'up');
      const plotted = () => document.getElementById('quality-line').points.length > 5;
      await page.waitForFunction(plotted); // the quality of some seconds
      return page;
    },
  },
  { name: 'several', reach: several },
  { name: 'pictures', reach: seeing },
  {
    name: 'refused',
    async reach(another) {
      const page = await registered(another);
      await dial(page, 'nobody', 'none');
      await page.waitForSelector('#message[data-kind="bad"]');
      return page;
    },
  },
  { name: 'chat', reach: chatting },
  {
    name: 'people',
    async reach(another) {
      const page = await chatting(another);
      await tab(page, 'call');
      await dial(page, 'nobody', 'none');
      await dial(page, 'bob', 'ringing');
      await click(page, 'hangup');
      await until(page, 'call', 'none');
      await tab(page, 'people');
      return page;
    },
  },
  {
    name: 'settings',
    async reach(another) {
      const page = await registered(another);
      await tab(page, 'settings');
      for (const box of ['registration', 'network']) await click(page, `${box}-fold`);
      return page;
    },
  },
  {
    name: 'help',
    async reach(another) {
      const page = await registered(another);
      await tab(page, 'help');
      return page;
    },
  },
  {
    name: 'test',
    async reach(another) {
      const page = await another('/test/');
      await page.locator('#test').click();
      await page.waitForSelector('[data-verdict="good"]');
      return page;
    },
  },
  {
    name: 'test-fault',
    async reach(another) {
      const page = await another('/test/');
      await page.locator('#password').fill('wrong');
      await page.locator('#test').click();
      await page.waitForSelector('[data-verdict="bad"]');
      return page;
    },
  },
];
