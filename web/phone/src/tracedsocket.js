// @ts-check
// A WebSocket for JsSIP that shows every message to whoever wants to see them.
import JsSIP from 'jssip';
import { unwrapped } from './multipart.js';

/** @typedef {(way: 'in' | 'out', text: string) => void} Told */

/** JsSIP takes this for one of its sockets: it has the same properties, and handlers that JsSIP sets. */
export class TracedSocket {
  #socket;
  #told;
  #server;

  /** @type {() => void} */
  onconnect = () => {};
  /** @type {(...why: any[]) => void} */
  ondisconnect = () => {};
  /** @type {(data: any) => void} */
  ondata = () => {};

  /**
   * @param {string} url
   * @param {Told} told called with each message before it goes out, or is read
   * @param {string} server what the page calls itself in responses (RFC 3261 section 20.35); '' for nothing
   * @param {any} socket stands in for JsSIP's in tests
   */
  constructor(url, told, server = '', socket = new JsSIP.WebSocketInterface(url)) {
    this.#server = server.replace(/[^\x20-\x7e]/g, '').trim();
    this.#socket = socket;
    this.#told = told;
    socket.onconnect = () => this.onconnect();
    socket.ondisconnect = (/** @type {any[]} */ ...why) => this.ondisconnect(...why);
    socket.ondata = (/** @type {string | ArrayBuffer} */ data) => this.#read(data);
  }

  get url() {
    return this.#socket.url;
  }
  get via_transport() {
    return this.#socket.via_transport;
  }
  get sip_uri() {
    return this.#socket.sip_uri;
  }

  connect() {
    this.#socket.connect();
  }
  disconnect() {
    this.#socket.disconnect();
  }
  isConnected() {
    return this.#socket.isConnected();
  }
  isConnecting() {
    return this.#socket.isConnecting();
  }

  /** @param {any} message */
  send(message) {
    const text = String(message);
    const said = this.#server
      ? text.replace(/^SIP\/2\.0 [^]*?\r\n/, (line) => `${line}Server: ${this.#server}\r\n`)
      : text;
    this.#told('out', said);
    return this.#socket.send(said);
  }

  /** @param {string | ArrayBuffer} data */
  #read(data) {
    const text = typeof data === 'string' ? data : new TextDecoder().decode(data);
    this.#told('in', text);
    const read = unwrapped(text);
    this.ondata(read === text ? data : read);
  }
}
