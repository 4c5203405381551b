// Makes docs/screenshots: each state of the pages at three widths. It starts the program as a newcomer does, and two
// browser pages that call each other. Arguments: the program, the folder for the pictures.
import { launch } from './chromium.mjs';
import { Service } from './service.mjs';
import { states, still } from './states.mjs';

/** The widths in CSS pixels, and how high the picture is at least. */
const widths = [
  { width: 390, height: 844 },
  { width: 820, height: 1100 },
  { width: 1440, height: 900 },
];

const [program, folder, only] = process.argv.slice(2);

/** A page of the service at a width, in a browser context of its own. */
async function open(browser, url, size) {
  const context = await browser.createBrowserContext();
  await context.overridePermissions(new URL(url).origin, ['microphone', 'camera']);
  const page = await context.newPage();
  await page.setViewport(size);
  await page.emulateMediaFeatures(still);
  page.on('pageerror', (error) => console.error(`uncaught ${error}`));
  return page;
}

async function shoot(browser, service, state, size) {
  const pages = [];
  const another = async (path = '/phone/', other = size) => {
    const page = await open(browser, service.url, other);
    pages.push(page);
    await page.goto(service.url + path);
    return page;
  };
  const page = await state.reach(another);
  await page.bringToFront();
  await page.screenshot({ path: `${folder}/${state.name}-${size.width}.png`, fullPage: size.width > 1000 });
  for (const each of pages) await each.browserContext().close();
}

const service = await Service.start(program);
const browser = await launch();
try {
  for (const state of states.filter(({ name }) => !only || only.split(',').includes(name))) {
    for (const size of widths) await shoot(browser, service, state, size);
    console.log(state.name);
  }
} finally {
  await browser.close();
  await service.stop();
}
