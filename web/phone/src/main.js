// @ts-check
// Plugs the page together: the phone does things, the views show how it stands.
import { Beside } from './beside.js';
import { renewedDemo } from './demo.js';
import { Devices } from './devices.js';
import { waitForFacts } from './facts.js';
import { Gauge } from './gauge.js';
import { keep, takeKept } from './kept.js';
import { locationDocument } from './location.js';
import { openCamera, openMicrophone, openScreen } from './microphone.js';
import { Notices } from './notices.js';
import { Phone } from './phone.js';
import { QuietStart } from './quietstart.js';
import { remember, remembered } from './remembered.js';
import { iceServers, registerSeconds, targetWith, webSocketFor } from './settings.js';
import { Speaker } from './speaker.js';
import { titleFor } from './title.js';
import { toneFor } from './tones.js';
import { Trace } from './trace.js';
import { AccountView } from './view/accountview.js';
import { BoxesView } from './view/boxesview.js';
import { CallView } from './view/callview.js';
import { ChatView } from './view/chatview.js';
import { ContactsView } from './view/contactsview.js';
import { DevicesView } from './view/devicesview.js';
import { DialView } from './view/dialview.js';
import { element } from './view/elements.js';
import { Focus } from './view/focus.js';
import { HistoryView } from './view/historyview.js';
import { JournalView } from './view/journalview.js';
import { LineView } from './view/lineview.js';
import { NoticesView } from './view/noticesview.js';
import { OthersView } from './view/othersview.js';
import { PadView } from './view/padview.js';
import { PicturesView } from './view/picturesview.js';
import { letPrint } from './view/printing.js';
import { QualityView } from './view/qualityview.js';
import { SettingsView } from './view/settingsview.js';
import { TraceView } from './view/traceview.js';
import { TransferView } from './view/transferview.js';

const speaker = new Speaker();
const devices = new Devices();
const notices = new Notices();
const gauge = new Gauge(() => render());
const openChosen = () => openMicrophone(undefined, devices.constraint('audioinput'));
const trace = new Trace(() => traceView.render());
const beside = new Beside({
  changed: () => render(),
  wrote: (peer) => phone.journal.write(`${peer.name} wrote to you`),
});
const openChosenCamera = () => openCamera(undefined, devices.constraint('videoinput'));
const phone = new Phone(
  {
    changed: () => render(),
    sound: hear,
    refused: (account) => void renew(account),
    ended: (call) => beside.history.add(call),
    trace: (way, text) => trace.add(way, text),
  },
  {
    openMicrophone: openChosen,
    openCamera: openChosenCamera,
    seen: () => settings.has_video === true,
    locate: async (entity) => (settings.has_location ? locationDocument(entity, String(settings.location)) : null),
  },
);
const { calls } = phone;
/** @type {import('./facts.js').Facts | null} */
let facts = null;
/** The URI of who signed in last. */
let owner = '';

const accountView = new AccountView(register);
const settingsView = new SettingsView();
const settings = settingsView.values;
const dialView = new DialView((target) => void calls.dial(targetWith(String(settings.target_scheme), target)));
const quietStart = new QuietStart();
const boxesView = new BoxesView();
const chatView = new ChatView(beside.chat);
const traceView = new TraceView(trace);
const views = [
  boxesView,
  accountView,
  dialView,
  new LineView(signOut),
  new CallView({
    answer: () => void calls.answer(),
    answerOtherwise: () => void calls.answer(calls.active, !calls.showsCamera),
    decline: () => calls.decline(),
    hangUp: () => calls.hangUp(),
    toggleMute: () => calls.toggleMute(),
    toggleHold: () => calls.toggleHold(),
  }),
  new OthersView({
    answer: (call) => void calls.answer(call),
    decline: (call) => calls.decline(call),
    switchTo: (call) => calls.switchTo(call),
    connect: (call) => calls.connect(call),
    hangUp: (call) => calls.hangUp(call),
  }),
  new TransferView({ transfer: (typed) => calls.transfer(typed), consult: (typed) => void calls.dial(typed) }),
  new PadView(press),
  new JournalView(),
  settingsView,
  new PicturesView({
    toggleCamera: () => void calls.devices.togglePicture(calls.active, 'camera', openChosenCamera),
    toggleScreen: () => void calls.devices.togglePicture(calls.active, 'screen', openScreen),
  }),
  new QualityView(gauge),
  new NoticesView(notices),
  chatView,
  new ContactsView(beside.contacts, {
    add: (typed, name) => beside.contacts.add(typed, name),
    remove: (address) => beside.contacts.remove(address),
    call: (address) => void calls.dial(address),
    write,
    setState: (state) => beside.setState(state),
  }),
  new HistoryView(beside.history, (address) => void calls.dial(address)),
  new Focus(),
];

/** @param {import('./account.js').Typed} typed */
function register(typed) {
  const account =
    facts &&
    phone.register(webSocketFor(settings, facts.webSocket), {
      ...typed,
      authName: String(settings.authname),
      userAgent: String(settings.user_agent),
      server: String(settings.server),
      registers: settings.has_registration !== false,
      registerSeconds: registerSeconds(settings),
      iceServers: iceServers(String(settings.webrtc_servers)),
    });
  if (!account) return;
  if (owner && owner !== account.uri) forgetOwner();
  owner = account.uri;
  remember(account);
}

/** What was said and done is no business of who signs in next. */
function forgetOwner() {
  trace.clear();
  phone.journal.clear();
}

function signOut() {
  phone.unregister();
  accountView.forgetPassword();
}

/** Registers a demo account anew after a restart of the service. @param {import('./account.js').Account} account */
async function renew(account) {
  const before = facts;
  const typed = before && renewedDemo(account, before, await begin());
  if (typed) register(typed);
}

/** The account that the page's address names, or null. */
function fromAddress() {
  const { username, domain, password, displayname } = settings;
  if (!username) return null;
  return {
    name: String(username),
    domain: String(domain),
    password: String(password),
    displayName: String(displayname),
  };
}

/** Asks the service for its facts and shows them. */
async function begin() {
  facts = await waitForFacts(() => phone.complain('The service does not answer. Trying again…'));
  accountView.fill(facts, fromAddress() ?? remembered());
  dialView.fill(facts);
  render();
  return facts;
}

/** @param {string} address */
function write(address) {
  boxesView.show('chat');
  chatView.open(address);
}

/** @param {string} key */
function press(key) {
  if (!phone.call || dialView.adding) dialView.type(key);
  else if (!calls.sendKey(key)) return;
  if (settings.has_tones) speaker.key(key);
}

const voice = element('remote', HTMLAudioElement);
new DevicesView(devices, { chosen: useDevice, openMicrophone: openChosen, playTone: () => speaker.test() });

/** A device was chosen: it is used at once. @param {import('./devices.js').DeviceKind} kind */
function useDevice(kind) {
  if (kind === 'audioinput') void calls.devices.changeMicrophone(calls.list);
  if (kind === 'videoinput') void calls.devices.changeCamera(calls.active, openChosenCamera);
  if (kind === 'audiooutput') void useSpeaker();
}

/** Not every browser lets a page choose; one that is gone is no reason for silence. */
async function useSpeaker() {
  const device = await devices.present('audiooutput');
  await voice.setSinkId?.(device).catch(() => voice.setSinkId(''));
  await speaker.use(device);
}

/** Plays the other side. A browser that wants a click first gets its chance with the next one. @param {MediaStream} stream */
function hear(stream) {
  voice.srcObject = stream;
  voice.play().catch(() => {});
}

function render() {
  beside.follow({ line: phone.line, calls: calls.list });
  quietStart.follow(calls.list, !settings.has_audio);
  gauge.follow(calls.list);
  notices.follow(calls.list);
  for (const view of views) view.render(phone);
  speaker.play(settings.enable_sound_alert ? toneFor(calls) : null);
  document.title = titleFor(calls);
}

void useSpeaker();
devices.watch(() => void useSpeaker()); // what was chosen may be gone, or back
letPrint();
for (const gesture of ['pointerdown', 'keydown']) document.addEventListener(gesture, () => speaker.wake());
addEventListener('online', () => phone.networkChanged());
// Nobody can tell a reload from a closed tab here, so the calls are left for the next page; the service keeps them a
// while. A page that the browser has kept whole is not alive: its calls went when it was hidden.
addEventListener('pagehide', () => keep(phone.leave()));
addEventListener('pageshow', ({ persisted }) => persisted && location.reload());

element('target', HTMLInputElement).value = String(settings.target || settings.target_value);
for (const notice of settingsView.notices) phone.journal.write(notice, 'bad');
const kept = takeKept();
if (kept) {
  owner = kept.account.uri;
  phone.restore(kept);
}
await begin();
if (settingsView.notices.length > 0) phone.complain(settingsView.notices.join(' '));
