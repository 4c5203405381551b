// @ts-check
// What a page sees of VideoIO: properties, the method call, and the functions of the page that hear of changes.
import { Loudspeaker } from './loudspeaker.js';
import { properties } from './properties.js';
import { accountOf, parseSource } from './source.js';

/** @typedef {import('./properties.js').Value} Value */
/** @typedef {import('./gateway.js').GatewayOptions} GatewayOptions */

/**
 * @typedef {object} Connection
 * @property {() => void} start
 * @property {() => void} stop
 * @property {(name: string, args: unknown[]) => void} command
 * @property {() => void} refresh
 */

export class Player {
  #name;
  #newConnection;
  #loudspeaker;
  /** @type {Map<string, Value>} */
  #values = new Map(Object.entries(properties).map(([name, { initial }]) => [name, initial]));
  /** @type {Connection | null} */
  #connection = null;
  #connects = 0;

  /**
   * @param {string} name by which the page finds the player: the objectID of all events
   * @param {HTMLElement} element where pictures are shown
   * @param {(options: Omit<GatewayOptions, 'webSocket'>) => Connection} newConnection
   */
  constructor(name, element, newConnection) {
    this.#name = name;
    this.#newConnection = newConnection;
    this.#loudspeaker = new Loudspeaker(element, (width, height) => {
      this.#change('videoWidth', width);
      this.#change('videoHeight', height);
    });
  }

  /**
   * Gives an element the methods of VideoIO.
   * @param {HTMLElement} element
   */
  attach(element) {
    Object.assign(element, {
      /** @type {(name: string, value: Value) => void} */
      setProperty: (name, value) => this.set(name, value),
      /** @type {(name: string) => Value} */
      getProperty: (name) => this.get(name),
      /** @type {(method: string, ...args: unknown[]) => void} */
      callProperty: (method, ...args) => this.call(method, args),
    });
  }

  /** Tells the page, once it is there, that the player is. */
  create() {
    const tell = () => setTimeout(() => this.#tell('onCreationComplete', {}));
    if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', tell, { once: true });
    else tell();
  }

  /** @param {string} name */
  get(name) {
    const asked = /^__doc__(.+)$/.exec(name)?.[1];
    if (asked !== undefined) return Object.hasOwn(properties, asked) ? properties[asked].doc : null;
    return this.#values.get(name) ?? null;
  }

  /**
   * Sets a property; one that does not exist, or can only be read, stays as it is.
   * @param {string} name
   * @param {Value} value
   */
  set(name, value) {
    if (!Object.hasOwn(properties, name) || properties[name].fixed) return;
    const wanted = typeof properties[name].initial === 'boolean' ? Boolean(value) : value === '' ? null : value;
    if (name === 'src') this.#connect(wanted === null ? null : String(wanted));
    else this.#change(name, wanted);
    if ((name === 'publish' || name === 'play') && wanted !== null && !this.#values.get('bidirection')) {
      this.#change(name === 'publish' ? 'play' : 'publish', null);
    }
    this.#refresh();
  }

  /**
   * Calls a method. There is one, call: a command to the gateway with its arguments.
   * @param {string} method
   * @param {unknown[]} args
   */
  call(method, args) {
    if (method === 'call' && typeof args[0] === 'string') this.#connection?.command(args[0], args.slice(1));
  }

  /** @param {string | null} src */
  #connect(src) {
    if (src === this.#values.get('src')) return;
    this.#connection?.stop();
    this.#connection = null;
    this.#change('nearID', null);
    const source = parseSource(src);
    for (const name of /** @type {const} */ (['scheme', 'url', 'args', 'farID', 'group', 'live'])) {
      this.#change(name, source[name]);
    }
    if (source.bidirection !== undefined) this.#change('bidirection', source.bidirection);
    this.#change('publish', source.publish);
    this.#change('play', source.publish && !this.#values.get('bidirection') ? null : source.play);
    this.#change('src', src);
    if (src !== null) this.#open(source);
  }

  /** @param {import('./source.js').Source} source */
  #open(source) {
    const account = accountOf(source);
    if (!account) {
      this.#connect(null);
      return;
    }
    const connection = this.#newConnection({
      account,
      tell: (method, args) => this.#tell('onCallback', { method, args }),
      connected: () => this.#change('nearID', String(++this.#connects)),
      closed: () => {
        if (this.#connection === connection) this.#connect(null);
      },
      loudspeaker: this.#loudspeaker,
      wishes: (name) => this.#values.get(name) ?? null,
    });
    this.#connection = connection;
    connection.start();
  }

  /** Lets what is heard, said and shown follow the properties. */
  #refresh() {
    const value = /** @param {string} name */ (name) => this.#values.get(name);
    this.#loudspeaker.set({
      heard: value('play') !== null && value('sound') === true,
      volume: Number(value('volume')),
      shown: value('play') !== null && value('display') === true,
    });
    this.#connection?.refresh();
    this.#change('playing', this.#connection !== null && (value('play') !== null || value('publish') !== null));
  }

  /**
   * @param {string} property
   * @param {Value} newValue
   */
  #change(property, newValue) {
    const oldValue = this.#values.get(property) ?? null;
    if (oldValue === newValue) return;
    this.#values.set(property, newValue);
    const told = ['string', 'number', 'boolean'];
    if (told.includes(typeof newValue) || (newValue === null && told.includes(typeof oldValue))) {
      this.#tell('onPropertyChange', { property, oldValue, newValue });
    }
  }

  /**
   * Calls a function of the page, if it has it. What goes wrong there is the page's.
   * @param {string} name
   * @param {object} event
   */
  #tell(name, event) {
    const listener = /** @type {Record<string, unknown>} */ (/** @type {unknown} */ (globalThis))[name];
    if (typeof listener !== 'function') return;
    try {
      listener({ objectID: this.#name, ...event });
    } catch (error) {
      reportError(error);
    }
  }
}
