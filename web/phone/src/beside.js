// @ts-check
// What the phone does beside calls: texts, contacts, past calls. It follows the line and the call of the phone.
import { Chat, keptConversation } from './chat.js';
import { Contacts } from './contacts.js';
import { History } from './history.js';
import { receiveMessages, sendMessage } from './messages.js';
import { Publication } from './publication.js';
import { Store } from './store.js';

const chatName = 'sipbridge.chat';

/**
 * @typedef {object} FollowedCall
 * @property {string} state
 * @property {{ name: string, address: string }} peer
 * @property {(text: string, answered: import('./chat.js').Answered) => void} sendText
 *
 * @typedef {object} FollowedLine
 * @property {string} state
 * @property {{ uri: string, domain: string }} account
 * @property {any} agent JsSIP's user agent
 *
 * @typedef {{ line: FollowedLine | null, calls: FollowedCall[] }} Followed
 */

export class Beside {
  /** @type {import('./presence.js').State} what the user says of himself */
  state = 'available';
  chat;
  contacts;
  history;
  /** @type {FollowedLine | null} */
  #line = null;
  #registered = false;
  /** Whose chats are shown: the URI of an account, or '' while nobody is signed in. */
  #owner = '';
  #tab;
  /** @type {FollowedCall[]} */
  #calls = [];
  /** @type {Pick<Publication, 'set' | 'stop'> | null} */
  #publication = null;
  #wrote;
  #makePublication;

  /**
   * @param {{ changed: () => void, wrote: (peer: import('./chat.js').Peer) => void }} listener told of every change,
   *   and of who wrote
   * @param {{ local: () => Storage, tab: () => Storage }} storages
   * @param {(agent: any, uri: string) => Pick<Publication, 'set' | 'stop'>} makePublication
   */
  constructor(
    { changed, wrote },
    storages = { local: () => localStorage, tab: () => sessionStorage },
    makePublication = (agent, uri) => new Publication(agent, uri),
  ) {
    const local = new Store(storages.local);
    this.#tab = new Store(storages.tab);
    this.#wrote = wrote;
    this.#makePublication = makePublication;
    this.contacts = new Contacts(local, changed);
    this.history = new History(local, changed);
    this.chat = new Chat(() => this.#ways(), { changed, keep: (conversations) => this.#keepChats(conversations) });
  }

  /**
   * Looks how the phone stands; to be called after every change of it.
   * @param {Followed} phone
   */
  follow({ line, calls }) {
    this.#calls = calls;
    if (line !== this.#line) this.#newLine(line);
    const registered = line?.state === 'registered';
    if (registered !== this.#registered) this.#registration(registered);
    this.#publish();
  }

  /**
   * What others see of the user; while he talks they see that.
   * @param {import('./presence.js').State} state
   */
  setState(state) {
    this.state = state;
    this.#publish();
  }

  /** @param {FollowedLine | null} line */
  #newLine(line) {
    this.#line = line;
    this.#openChats(line?.account.uri ?? '');
    if (!line) return;
    this.history.open(line.account.uri);
    this.contacts.open(line.account);
    receiveMessages(line.agent, (peer, text) => {
      this.chat.receive(peer, text);
      this.#wrote(peer);
    });
  }

  /** The chats of one account are not shown to the next one in the same tab. @param {string} owner */
  #openChats(owner) {
    if (owner === this.#owner) return;
    const joins = this.#owner === '';
    this.#owner = owner;
    this.chat.open(owner ? this.#tab.list(`${chatName}.${owner}`, keptConversation) : [], joins);
  }

  /** @param {import('./chat.js').Conversation[]} conversations */
  #keepChats(conversations) {
    if (this.#owner) this.#tab.keep(`${chatName}.${this.#owner}`, conversations);
  }

  /** @param {boolean} registered */
  #registration(registered) {
    this.#registered = registered;
    this.#publication?.stop();
    this.#publication =
      registered && this.#line ? this.#makePublication(this.#line.agent, this.#line.account.uri) : null;
    this.contacts.watch(registered ? this.#line?.agent : null);
  }

  #publish() {
    const talking = this.#calls.some(({ state }) => state === 'up');
    this.#publication?.set(talking && this.state === 'available' ? 'talking' : this.state);
  }

  /** @returns {import('./chat.js').Ways} */
  #ways() {
    const line = this.#line;
    return {
      domain: line?.account.domain ?? '',
      page: line && this.#registered ? (uri, text, answered) => sendMessage(line.agent, uri, text, answered) : null,
      call: (address) => {
        const call = this.#calls.find(({ state, peer }) => state === 'up' && peer.address === address);
        return call ? (text, answered) => call.sendText(text, answered) : null;
      },
    };
  }
}
