// Plugs the page together: the phone does things, the views show how it stands.
import { renewedDemo } from './demo.js';
import { waitForFacts } from './facts.js';
import { keep, takeKept } from './kept.js';
import { Phone } from './phone.js';
import { remember, remembered } from './remembered.js';
import { Speaker } from './speaker.js';
import { titleFor } from './title.js';
import { toneFor } from './tones.js';
import { AccountView } from './view/accountview.js';
import { BoxesView } from './view/boxesview.js';
import { CallView } from './view/callview.js';
import { DialView } from './view/dialview.js';
import { element } from './view/elements.js';
import { Focus } from './view/focus.js';
import { JournalView } from './view/journalview.js';
import { LineView } from './view/lineview.js';
import { PadView } from './view/padview.js';
import { TransferView } from './view/transferview.js';

const speaker = new Speaker();
const phone = new Phone({ changed: () => render(), sound: hear, refused: (account) => void renew(account) });
const { calls } = phone;
let facts = null;

const accountView = new AccountView(register);
const dialView = new DialView((target) => void calls.dial(target));
const views = [
  new BoxesView(),
  accountView,
  dialView,
  new LineView(() => phone.unregister()),
  new CallView({
    answer: () => void calls.answer(),
    decline: () => calls.decline(),
    hangUp: () => calls.hangUp(),
    toggleMute: () => calls.toggleMute(),
    toggleHold: () => calls.toggleHold(),
    connect: () => calls.connect(),
  }),
  new TransferView({ transfer: (typed) => calls.transfer(typed), consult: (typed) => void calls.dial(typed) }),
  new PadView(press),
  new JournalView(),
  new Focus(),
];

function register(typed) {
  const account = facts && phone.register(facts.webSocket, typed);
  if (account) remember(account);
}

/** Registers a demo account anew after a restart of the service. */
async function renew(account) {
  const before = facts;
  await begin();
  const typed = renewedDemo(account, before, facts);
  if (typed) register(typed);
}

/** Asks the service for its facts and shows them. */
async function begin() {
  facts = await waitForFacts(() => phone.complain('The service does not answer. Trying again…'));
  accountView.fill(facts, remembered());
  dialView.fill(facts);
  render();
}

function press(key) {
  if (!phone.call) dialView.type(key);
  else if (!calls.sendKey(key)) return;
  speaker.key(key);
}

/** Plays the other side. A browser that wants a click first gets its chance with the next one. */
function hear(stream) {
  const voice = element('remote');
  voice.srcObject = stream;
  voice.play().catch(() => {});
}

function render() {
  for (const view of views) view.render(phone);
  speaker.play(toneFor(phone.call));
  document.title = titleFor(phone.call);
}

for (const gesture of ['pointerdown', 'keydown']) document.addEventListener(gesture, () => speaker.wake());
addEventListener('online', () => phone.networkChanged());
// Nobody can tell a reload from a closed tab here, so the calls are left for the next page; the service keeps them a
// while. A page that the browser has kept whole is not alive: its calls went when it was hidden.
addEventListener('pagehide', () => keep(phone.leave()));
addEventListener('pageshow', ({ persisted }) => persisted && location.reload());

const kept = takeKept();
if (kept) phone.restore(kept);
await begin();
