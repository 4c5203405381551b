// Put into a page that is not ours before its own scripts run: the recorder, and hands for the page's buttons.
import { frames, hear, stats } from './record.js';

/** What the browser was asked to tell the user, and whether it does: it is on the screen from show to close. */
const notices = [];
window.Notification &&= class extends window.Notification {
  constructor(title, options) {
    super(title, options);
    const notice = { title, isShown: false };
    notices.push(notice);
    this.addEventListener('show', () => (notice.isShown = true));
    this.addEventListener('close', () => (notice.isShown = false));
  }
};

const element = (id) => document.getElementById(id) ?? (() => { throw new Error(`no #${id}`); })();

/** Resolves when look() returns something true. */
function until(look, what, milliseconds) {
  return new Promise((resolve, reject) => {
    const deadline = performance.now() + milliseconds;
    const again = () => {
      const found = look();
      if (found) resolve(found);
      else if (performance.now() < deadline) setTimeout(again, 50);
      else reject(new Error(`waited ${milliseconds} ms for ${what}; the page says ${document.body?.innerText}`));
    };
    again();
  });
}

/** Runs a script of the service that the page comes from. */
function load(path) {
  const script = Object.assign(document.createElement('script'), { src: path });
  return new Promise((resolve, reject) => {
    Object.assign(script, { onload: resolve, onerror: reject });
    document.head.append(script);
  });
}

window.phone = {
  hear,
  stats,
  trace: () => frames,
  story: () => [],
  comeOnline: () => window.dispatchEvent(new Event('online')),
  dropSocket: () => window.lastWebSocket.close(),
  text: (id) => element(id).textContent,

  /** Resolves when these notifications, and no others, are on the screen. */
  waitNotices(titles, milliseconds) {
    const shown = () => notices.filter(({ isShown }) => isShown).map(({ title }) => title);
    return until(() => shown().join() === titles.join(), `the notifications ${titles}`, milliseconds);
  },

  /** Whether a click in the middle of the element would hit it, with the page at its beginning. */
  reachable(id) {
    window.scrollTo(0, 0);
    const { left, top, width, height } = element(id).getBoundingClientRect();
    return element(id).contains(document.elementFromPoint(left + width / 2, top + height / 2));
  },

  /** What a page of this origin that calls by /SIPml-api.js is told, until the call is over or cannot begin. */
  async callBySIPml({ uri, user, domain }, target) {
    await load('/SIPml-api.js');
    const { SIPml } = window;
    return new Promise((resolve) => {
      const told = [];
      const listener = ({ type, description }) => {
        told.push(`${type} ${description}`);
        if (type === 'started') stack.newSession('call-audio', { events_listener }).call(target);
        if (type === 'terminated') resolve(told);
      };
      const events_listener = { events: '*', listener };
      const stack = new SIPml.Stack({ realm: domain, impi: user, impu: uri, events_listener });
      SIPml.init(() => told.push('ready'), ({ description }) => resolve([`not ready ${description}`]));
      stack.start();
    });
  },

  focused: () => document.activeElement?.id ?? '',
  focus: (id) => element(id).focus(),
  data: (id, name) => element(id).dataset[name],

  /** Resolves when the test page says what it has found. */
  waitVerdict(milliseconds) {
    const found = () => ['good', 'bad'].includes(document.body.dataset.verdict);
    return until(found, 'the test page to have looked at all', milliseconds);
  },

  /** All that the page has left in the browser, and its address. */
  kept: () => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, location.href]),

  /** Clicks as a user does: when the element can be seen and clicked. */
  async click(id, milliseconds) {
    const ready = () => document.getElementById(id)?.checkVisibility() && !element(id).disabled;
    await until(ready, `#${id} to be seen and ready`, milliseconds);
    element(id).click();
  },

  /** Clicks the button that is called so, when it can be seen and used. */
  async press(name, milliseconds) {
    const called = (button) => (button.ariaLabel ?? button.textContent).trim() === name;
    const usable = (button) => called(button) && button.checkVisibility() && !button.disabled;
    const find = () => [...document.querySelectorAll('button')].find(usable);
    (await until(find, `the button ${name}`, milliseconds)).click();
  },

  /** Resolves when a video element that is seen has shown this many pictures since now. */
  async waitPictures(id, count, milliseconds) {
    const shown = () => document.getElementById(id)?.getVideoPlaybackQuality().totalVideoFrames ?? 0;
    const before = shown();
    const grows = () => document.getElementById(id)?.checkVisibility() && shown() >= before + count;
    await until(grows, `${count} pictures in #${id}`, milliseconds);
  },

  /** Resolves when an element is not seen. */
  waitHidden: (id, milliseconds) => until(() => !element(id).checkVisibility(), `#${id} to be hidden`, milliseconds),

  /** What a list to choose from has. */
  options: (id) => [...element(id).options].map(({ value }) => value),

  /** Chooses from a list what is called so, when it is there. */
  async choose(id, label, milliseconds) {
    const find = () => [...element(id).options].find(({ textContent }) => textContent.includes(label));
    const option = await until(find, `${label} in #${id}`, milliseconds);
    element(id).value = option.value;
    element(id).dispatchEvent(new Event('change', { bubbles: true }));
    return option.value;
  },

  /** What udev has Chromium do: what PulseAudio alone takes away it sees when a page asks for its devices. */
  changeDevices: () => void navigator.mediaDevices.dispatchEvent(new Event('devicechange')),

  /** Resolves when this element has the whole screen, or a window of its own; '' is none. */
  waitFullScreen: (id, milliseconds) =>
    until(() => (document.fullscreenElement?.id ?? '') === id, `#${id} on the whole screen`, milliseconds),
  waitInPicture: (id, milliseconds) =>
    until(() => (document.pictureInPictureElement?.id ?? '') === id, `#${id} in a window`, milliseconds),

  /** What the browser itself does by its Escape key. */
  leaveFullScreen: () => document.exitFullscreen(),

  /** Resolves when a video element shows this camera. */
  waitCamera(id, device, milliseconds) {
    const shows = () => element(id).srcObject?.getVideoTracks()[0]?.getSettings().deviceId === device;
    return until(shows, `the camera ${device} in #${id}`, milliseconds);
  },

  copied: () => navigator.clipboard.readText(),

  /** What is seen on paper after a click on the button of this name in a box, the first one. */
  printed(box, name) {
    let paper = null;
    window.print = () => (paper = document.body.innerText);
    [...element(box).querySelectorAll('button')].find(({ textContent }) => textContent === name).click();
    return paper;
  },

  /** Resolves when a property of an element is this. */
  waitProperty: (id, name, value, milliseconds) =>
    until(() => element(id)[name] === value, `#${id} with ${name} ${value}`, milliseconds),

  /** Resolves when a meter shows at least this. */
  waitLevel: (id, least, milliseconds) => until(() => element(id).value >= least, `#${id} at ${least}`, milliseconds),

  /** Types over what a field holds, when it can be seen. */
  async type(id, text, milliseconds) {
    await until(() => document.getElementById(id)?.checkVisibility(), `#${id} to be seen`, milliseconds);
    element(id).value = text;
    for (const type of ['input', 'change']) element(id).dispatchEvent(new Event(type, { bubbles: true }));
  },

  /** Resolves when the element's text has these words in it; with none, when it is empty. */
  waitText(id, words, milliseconds) {
    const has = () => (words ? element(id).textContent.includes(words) : !element(id).textContent);
    return until(has, `#${id} to say ${words || 'nothing'}`, milliseconds);
  },

  /** Resolves when the element's data attribute has one of the values. */
  wait(id, name, values, milliseconds) {
    const value = () => document.getElementById(id)?.dataset[name];
    return until(() => values.includes(value()), `#${id} data-${name} ${values}`, milliseconds);
  },
};
