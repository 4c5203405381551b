// @ts-check
// The chat: with whom there are conversations, the one that is shown, and what to write.
import { timeOfDay } from '../duration.js';
import { element, make, refill, setText } from './elements.js';

/** What stands beside a text of ours. */
const stateWords = Object.freeze({ sending: 'on its way…', sent: '', failed: 'not delivered', received: '' });

/** @typedef {import('../chat.js').Chat} Chat */

export class ChatView {
  #chat;
  #drawn = '';
  #drawnPeople = '';

  /** @param {Chat} chat */
  constructor(chat) {
    this.#chat = chat;
    element('chat-form').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#send();
    });
    element('chat-text').addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.#send();
      }
    });
    element('chat-to').addEventListener('change', () => chat.showTyped(this.#to.value));
    document.addEventListener('visibilitychange', () => this.render());
    element('tabs').addEventListener('click', () => this.render());
  }

  /** Writes to somebody: shows what was said, and puts the cursor where to write. @param {string} address */
  open(address) {
    this.#to.value = address;
    this.#chat.show(address);
    this.#text.focus();
  }

  render() {
    const { current, shown } = this.#chat;
    if (current && document.activeElement !== this.#to) this.#to.value = shown;
    this.#renderPeople();
    this.#renderTexts(current);
    if (current?.unread && this.#seen) this.#chat.read();
    this.#renderBadges();
  }

  get #to() {
    return element('chat-to', HTMLInputElement);
  }

  get #text() {
    return element('chat-text', HTMLTextAreaElement);
  }

  /** Whether the user sees the texts now. */
  get #seen() {
    return document.visibilityState === 'visible' && element('chat-texts').checkVisibility();
  }

  #send() {
    if (!this.#to.value.trim()) {
      this.#to.focus();
      return;
    }
    this.#chat.send(this.#to.value, this.#text.value);
    this.#text.value = '';
  }

  #renderBadges() {
    const words = this.#chat.unread ? String(this.#chat.unread) : '';
    for (const id of ['chat-unread', 'badge-chat']) {
      setText(element(id), words);
      element(id).title = words && `${words} unread`;
    }
  }

  #renderPeople() {
    const { conversations, shown } = this.#chat;
    const now = JSON.stringify([shown, conversations.map(({ peer, unread }) => [peer, unread])]);
    if (now === this.#drawnPeople) return;
    this.#drawnPeople = now;
    const buttons = conversations.map(({ peer, unread }) => {
      const badge = make('span', { className: 'badge' }, unread ? String(unread) : '');
      const id = `chat-with-${peer.address}`;
      const name = make('bdi', {}, peer.name);
      const button = make('button', { type: 'button', id, title: peer.address }, name, badge);
      button.ariaPressed = String(peer.address === shown);
      button.addEventListener('click', () => this.#chat.show(peer.address));
      return button;
    });
    refill(element('chat-people'), ...buttons);
    element('chat-people').hidden = buttons.length === 0;
  }

  /** Draws only what changed, so that a screen reader says a text once. @param {Chat['current']} current */
  #renderTexts(current) {
    const now = JSON.stringify([this.#chat.shown, current?.texts]);
    if (now === this.#drawn) return;
    this.#drawn = now;
    const list = element('chat-texts');
    list.replaceChildren(...(current?.texts ?? []).map((text) => item(text, () => this.#chat.again(text))));
    list.scrollTop = list.scrollHeight;
  }
}

/**
 * @param {import('../chat.js').Text} text
 * @param {() => void} again called when the user wants it sent again
 */
function item({ at, mine, text, state, why }, again) {
  const when = new Date(at);
  const time = make('time', { dateTime: when.toISOString() }, timeOfDay(when).slice(0, 5));
  const words = stateWords[state] ?? '';
  const small = make('small', {}, time, words && ` ${words}`, why && ` – ${why}`);
  const line = make('li', {}, make('p', { dir: 'auto' }, text), small);
  if (state === 'failed') {
    const button = make('button', { type: 'button', className: 'quiet' }, 'Send again');
    button.addEventListener('click', again);
    line.append(button);
  }
  line.dataset.mine = String(mine);
  line.dataset.state = state;
  return line;
}
