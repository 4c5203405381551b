// @ts-check
// Written conversations (MESSAGE, RFC 3428): one with each other party, kept until the tab closes.
//
//   a text of ours: sending -> sent | failed
import { addressURI } from './account.js';
import { wordsForMessage } from './chatwords.js';
import { peerFromTyped } from './peer.js';

/** How many texts of a conversation are kept, and how many conversations. */
const longest = 200;
const most = 50;

/**
 * @typedef {{ name: string, address: string }} Peer
 *
 * @typedef {object} Text
 * @property {number} at in milliseconds since 1970
 * @property {boolean} mine
 * @property {string} text
 * @property {'sending' | 'sent' | 'failed' | 'received'} state
 * @property {string} why it failed, in words; else ''
 *
 * @typedef {{ peer: Peer, texts: Text[], unread: number }} Conversation
 *
 * @typedef {(status: number) => void} Answered with the status of the final response; 0 if the connection was lost
 *
 * @typedef {object} Ways what a text can leave by
 * @property {string} domain of the account, or '' if there is none
 * @property {((uri: string, text: string, answered: Answered) => void) | null} page sends outside of calls
 * @property {(address: string) => ((text: string, answered: Answered) => void) | null} call sends in the call with
 *   this address, if there is one
 */

export class Chat {
  /** @type {Conversation[]} the one with the newest text first */
  conversations = [];
  /** The address of the conversation that is shown, or ''. */
  shown = '';
  #ways;
  #changed;
  #keep;

  /**
   * @param {() => Ways} ways asked for each text
   * @param {{ changed: () => void, keep: (conversations: Conversation[]) => void }} listener
   */
  constructor(ways, { changed, keep }) {
    this.#ways = ways;
    this.#changed = changed;
    this.#keep = keep;
  }

  /**
   * Shows the conversations of another account. What was written before there was one is his, too.
   * @param {Conversation[]} before what was kept of them
   * @param {boolean} joins whether those that are here stay
   */
  open(before, joins) {
    const here = joins ? this.conversations : [];
    const isElsewhere = (/** @type {Conversation} */ { peer }) =>
      here.every((each) => each.peer.address !== peer.address);
    this.conversations = [...here, ...before.filter(isElsewhere)].slice(0, most);
    this.shown = this.conversations[0]?.peer.address ?? '';
    this.#changed();
  }

  /** How many texts nobody has read yet. */
  get unread() {
    return this.conversations.reduce((sum, { unread }) => sum + unread, 0);
  }

  /** The conversation that is shown, or null. */
  get current() {
    return this.#with(this.shown);
  }

  /**
   * Shows the conversation with an address.
   * @param {string} address
   */
  show(address) {
    this.shown = address;
    this.#tell();
  }

  /** Shows the conversation with whom was typed. @param {string} typed */
  showTyped(typed) {
    this.show(typed.trim() && peerFromTyped(typed, this.#ways().domain).address);
  }

  /** The user sees the conversation that is shown. */
  read() {
    const { current } = this;
    if (!current?.unread) return;
    current.unread = 0;
    this.#tell();
  }

  /**
   * Takes a text of somebody else. It is shown if nothing else is.
   * @param {Peer} peer
   * @param {string} text
   */
  receive(peer, text) {
    const conversation = this.#open(peer);
    conversation.unread += 1;
    conversation.peer = peer;
    this.#add(conversation, { at: Date.now(), mine: false, text, state: 'received', why: '' });
    this.shown ||= peer.address;
    this.#tell();
  }

  /**
   * Sends a text to what was typed, in the call with that party if there is one.
   * @param {string} typed
   * @param {string} text
   */
  send(typed, text) {
    if (!typed.trim() || !text.trim()) return;
    const { domain, page, call } = this.#ways();
    const conversation = this.#open(peerFromTyped(typed, domain));
    const { peer } = conversation;
    /** @type {Text} */
    const sent = { at: Date.now(), mine: true, text, state: 'sending', why: '' };
    this.#add(conversation, sent);
    this.shown = peer.address;
    const uri = addressURI(typed.trim(), domain);
    const inCall = call(peer.address);
    if (!uri) this.#failed(sent, `${typed} is not an address.`);
    else if (inCall) inCall(text, (status) => this.#answered(sent, peer, status));
    else if (page) page(uri, text, (status) => this.#answered(sent, peer, status));
    else this.#failed(sent, 'You are not registered. Register, then send it again.');
    this.#tell();
  }

  /**
   * Sends a text again that failed, in the conversation that is shown.
   * @param {Text} text
   */
  again(text) {
    const { current } = this;
    if (!current || text.state !== 'failed') return;
    current.texts = current.texts.filter((each) => each !== text);
    this.send(current.peer.address, text.text);
  }

  /**
   * @param {Text} sent
   * @param {Peer} peer
   * @param {number} status
   */
  #answered(sent, peer, status) {
    if (status >= 200 && status < 300) sent.state = 'sent';
    else this.#failed(sent, wordsForMessage(status, peer.name));
    this.#tell();
  }

  /**
   * @param {Text} sent
   * @param {string} why
   */
  #failed(sent, why) {
    Object.assign(sent, { state: 'failed', why });
  }

  /** @param {string} address */
  #with(address) {
    return this.conversations.find(({ peer }) => peer.address === address) ?? null;
  }

  /**
   * @param {Peer} peer
   * @returns {Conversation}
   */
  #open(peer) {
    return this.#with(peer.address) ?? { peer, texts: [], unread: 0 };
  }

  /**
   * Adds a text; its conversation comes first now, and the oldest goes when there are too many.
   * @param {Conversation} conversation
   * @param {Text} text
   */
  #add(conversation, text) {
    conversation.texts.push(text);
    if (conversation.texts.length > longest) conversation.texts.shift();
    const others = this.conversations.filter((each) => each !== conversation);
    this.conversations = [conversation, ...others].slice(0, most);
  }

  #tell() {
    this.#keep(this.conversations);
    this.#changed();
  }
}

/**
 * Makes a conversation of what was kept, or null. What was on its way then is not known to have arrived.
 * @param {any} value
 * @returns {Conversation | null}
 */
export function keptConversation(value) {
  if (typeof value?.peer?.address !== 'string' || !Array.isArray(value.texts)) return null;
  const { name, address } = value.peer;
  return {
    peer: { name: String(name ?? address), address },
    texts: value.texts.map(keptText),
    unread: Number(value.unread) || 0,
  };
}

/**
 * @param {any} value
 * @returns {Text}
 */
function keptText(value) {
  const lost = value?.state === 'sending';
  return {
    at: Number(value?.at) || 0,
    mine: value?.mine === true,
    text: String(value?.text ?? ''),
    state: lost ? 'failed' : (value?.state ?? 'received'),
    why: lost ? 'The page was loaded anew; nobody knows whether this arrived.' : String(value?.why ?? ''),
  };
}
