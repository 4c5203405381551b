// Drives one real browser for the Go tests: a JSON command per line on stdin, a JSON reply per line on stdout.
// {"id":1,"do":"open","url":"http://..."} -> {"id":1,"value":7}   (7 names the page in later commands)
// A script, if named, runs in the page before the page's own.
// {"id":2,"do":"call","page":7,"name":"hear","args":[[440]]} -> {"id":2,"value":{...}} or {"id":2,"error":"..."}
// {"event":"console","page":7,"text":"..."} comes unasked.
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import puppeteer from 'puppeteer-core';

const options = JSON.parse(process.argv[2]);
const pages = new Map();
let lastPage = 0;

function print(line) {
  process.stdout.write(JSON.stringify(line) + '\n');
}

const fakeMicrophone = [
  '--use-fake-device-for-media-stream',
  `--use-file-for-fake-audio-capture=${options.microphone}`,
];

function launchOptions() {
  const common = {
    executablePath: options.executable,
    headless: true,
    protocolTimeout: 120_000,
    downloadBehavior: { policy: 'allow', downloadPath: options.downloads },
  };
  if (options.kind === 'firefox') {
    return {
      ...common,
      browser: 'firefox',
      extraPrefsFirefox: {
        'media.navigator.streams.fake': true,
        'media.navigator.permission.disabled': true,
        'media.navigator.audio.fake_frequency': options.toneHz,
        'media.peerconnection.ice.loopback': true,
        'media.peerconnection.ice.obfuscate_host_addresses': false,
        'media.autoplay.default': 0,
      },
    };
  }
  return {
    ...common,
    args: [
      '--no-sandbox',
      '--use-fake-ui-for-media-stream',
      ...(options.noMicrophone ? [] : fakeMicrophone),
      '--autoplay-policy=no-user-gesture-required',
      '--allow-loopback-in-peer-connection',
      '--disable-features=WebRtcHideLocalIpsWithMdns,CalculateNativeWinOcclusion',
      '--disable-background-timer-throttling',
      '--disable-renderer-backgrounding',
      '--disable-backgrounding-occluded-windows',
      ...(options.flags ?? []),
    ],
  };
}

async function open(browser, { url, script }) {
  const page = await browser.newPage();
  if (script) await page.evaluateOnNewDocument(await readFile(script, 'utf8'));
  const number = ++lastPage;
  pages.set(number, page);
  page.on('console', (message) => print({ event: 'console', page: number, text: message.text() }));
  page.on('pageerror', (error) => print({ event: 'console', page: number, text: `uncaught ${error}` }));
  await page.goto(url, { waitUntil: 'load', timeout: 60_000 });
  return number;
}

// What stands in front of a page is one more tab, as when the user looks at something else.
async function hide({ page }) {
  await (await pages.get(page).browserContext().newPage()).bringToFront();
}

async function close({ page }) {
  const closing = pages.get(page);
  pages.delete(page);
  await closing.close();
}

// Chromium paints only the tab in front.
async function screenshot({ page, path }) {
  await pages.get(page).bringToFront();
  await pages.get(page).screenshot({ path });
}

async function resize({ page, size, colours }) {
  await pages.get(page).setViewport(size);
  await pages.get(page).emulateMediaFeatures([
    { name: 'prefers-color-scheme', value: colours },
    { name: 'prefers-reduced-motion', value: 'reduce' }, // or what is looked at next still changes
  ]);
}

// The page as it is on the screen, or on paper.
async function medium({ page, medium }) {
  await pages.get(page).emulateMediaType(medium);
}

// The keyboard is that of the tab in front.
async function press({ page, keys }) {
  await pages.get(page).bringToFront();
  for (const key of keys) await pages.get(page).keyboard.press(key);
}

// So is the mouse.
async function click({ page, element }) {
  await pages.get(page).bringToFront();
  await pages.get(page).click(`#${element}`);
}

const commands = {
  open,
  close: (_, command) => close(command),
  hide: (_, command) => hide(command),
  reload: (_, { page }) => pages.get(page).reload({ waitUntil: 'load' }).then(() => null),
  call: (_, { page, name, args }) =>
    pages.get(page).evaluate((called, given) => window.phone[called](...given), name, args ?? []),
  screenshot: (_, command) => screenshot(command),
  resize: (_, command) => resize(command),
  medium: (_, command) => medium(command),
  press: (_, command) => press(command),
  click: (_, command) => click(command),
};

async function answer(browser, line) {
  const command = JSON.parse(line);
  try {
    const value = await commands[command.do](browser, command);
    print({ id: command.id, value: value ?? null });
  } catch (error) {
    print({ id: command.id, error: String(error?.message ?? error) });
  }
}

const browser = await puppeteer.launch(launchOptions());
if (options.kind === 'chromium') {
  const allowed = ['microphone', 'camera', 'notifications', 'clipboard-read', 'clipboard-sanitized-write'];
  await browser.defaultBrowserContext().overridePermissions(options.origin, allowed);
}
print({ event: 'ready', text: await browser.version() });

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => void answer(browser, line));
lines.on('close', async () => {
  await browser.close();
  process.exit(0);
});
