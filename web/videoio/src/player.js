// @ts-check
// What a page sees of VideoIO: properties, methods, and the functions of the page that hear of both.
import { Camera } from './camera.js';
import { Devices } from './devices.js';
import { dimensions } from './dimensions.js';
import { Meter } from './meter.js';
import { tellPage } from './page.js';
import { converted, properties } from './properties.js';
import { lookOf, Screen } from './screen.js';
import { parseSource, schemeOf } from './source.js';
import { Streams } from './streams.js';
import { Values } from './values.js';

/** @typedef {import('./properties.js').Value} Value */
/** @typedef {import('./connection.js').Connection} Connection */
/** @typedef {import('./connection.js').Hooks} Hooks */

/** What ends with a connection. */
const ofConnection = ['nearID', 'playerState', 'bytesLoaded', 'bytesTotal', 'currentFPS', 'liveDelay', 'bandwidth'];

export class Player {
  #name;
  #connect;
  #values;
  #screen;
  #devices;
  #camera;
  #streams;
  #meter;
  /** @type {Connection | null} */
  #connection = null;
  #connects = 0;

  /**
   * @param {string} name by which the page finds the player: the objectID of all events
   * @param {HTMLElement} element where pictures are shown
   * @param {(url: string, args: string[], hooks: Hooks) => Connection | null} connect null for a URL that leads nowhere
   */
  constructor(name, element, connect) {
    this.#name = name;
    this.#connect = connect;
    this.#values = new Values((change) => this.#tell('onPropertyChange', change));
    this.#screen = new Screen(element, (width, height) => {
      this.#values.change('videoWidth', width);
      this.#values.change('videoHeight', height);
    });
    element.addEventListener('fullscreenchange', () => {
      this.#values.change('fullscreen', document.fullscreenElement === element);
    });
    this.#devices = new Devices((property) => this.#values.get(property), {
      asking: (showing) => this.#asking(showing),
      allowed: (allowed) => this.#values.change('deviceAllowed', allowed),
    });
    this.#camera = new Camera(this.#devices, (open) => {
      if (!open) this.#values.change('camera', false);
      this.#refresh();
    });
    this.#streams = new Streams(this.#values, () => this.#values.get('nearID') !== null);
    this.#meter = new Meter(this.#values, () => this.#connection);
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
      getProperty: (name) => this.#values.get(name),
      /** @type {(method: string, ...args: unknown[]) => void} */
      callProperty: (method, ...args) => this.call(method, args),
    });
  }

  /** Tells the page, once it is there, that the player is. Then come the first properties, as flashVars gave them. */
  create(flashVars = '') {
    const start = () => {
      this.#tell('onCreationComplete', {});
      for (const [name, value] of new URLSearchParams(flashVars)) {
        this.set(name, value === 'true' || value === 'false' ? value === 'true' : value);
      }
    };
    const later = () => setTimeout(start);
    if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', later, { once: true });
    else later();
  }

  /**
   * Sets a property; one that does not exist, or can only be read, stays as it is.
   * @param {string} name
   * @param {unknown} value
   */
  set(name, value) {
    if (!Object.hasOwn(properties, name) || properties[name].fixed) return;
    this.#set(name, converted(properties[name], value));
    this.#refresh();
  }

  /**
   * Calls a method; what is none, or cannot be done now, is passed over.
   * @param {string} method
   * @param {unknown[]} args
   */
  call(method, args) {
    const [first] = args;
    switch (method) {
      case 'call':
        if (typeof first === 'string') this.#connection?.command(first, args.slice(1));
        break;
      case 'sendData':
        if (this.#values.is('recording')) this.#connection?.send(String(first ?? ''));
        break;
      case 'setCurrentTime':
        this.#connection?.seek(Number(first));
        break;
      case 'showSettings':
        void this.#ask();
        break;
      case 'takeSnapshot':
        this.#values.keep('snapshot', this.#screen.snapshot(Number(first ?? 100)));
        break;
    }
  }

  /**
   * @param {string} name
   * @param {any} wanted is of the property's kind
   */
  #set(name, wanted) {
    switch (name) {
      case 'src':
        return this.#source(wanted);
      case 'url':
        return this.#open(wanted);
      case 'publish':
        return this.#streams.publish(wanted);
      case 'play':
        return this.#streams.play(wanted);
      case 'live':
        return this.#streams.live(wanted);
      case 'recording':
        return this.#streams.record(wanted);
      case 'playing':
        return this.#streams.run(wanted);
      case 'fullscreen':
        return void this.#fill(wanted);
      case 'snapshot':
        void this.#screen.show(wanted);
        return this.#values.change(name, wanted);
      case 'cameraDimension':
      case 'cameraWidth':
      case 'cameraHeight':
        return this.#size(name, wanted);
      default:
        this.#values.change(name, wanted);
    }
  }

  /** @param {string | null} src */
  #source(src) {
    if (src === this.#values.get('src') && (src !== null || this.#values.get('url') === null)) return;
    const source = parseSource(src);
    const values = this.#values;
    this.#close();
    for (const name of /** @type {const} */ (['args', 'scheme', 'farID', 'group', 'record'])) {
      values.change(name, source[name]);
    }
    if (source.bidirection !== undefined) values.change('bidirection', source.bidirection);
    values.change('recordMode', source.recordMode ?? properties.recordMode.initial);
    values.change('playMode', source.playMode ?? properties.playMode.initial);
    values.change('src', src);
    this.#streams.publish(source.publish);
    this.#streams.play(source.publish && !values.is('bidirection') ? null : source.play);
    if (source.publish === null && source.play === null) this.#streams.live(source.live);
    this.#open(source.url);
  }

  /** @param {string | null} url */
  #open(url) {
    this.#close();
    this.#values.change('url', url);
    const scheme = schemeOf(url);
    this.#values.change('scheme', scheme);
    this.#values.change('isDownload', scheme === 'http' || scheme === 'https');
    if (url === null) return;
    const connection = this.#connect(url, /** @type {string[]} */ (this.#values.get('args')), this.#hooks());
    this.#connection = connection;
    if (connection) connection.start();
    else this.#source(null);
  }

  /** Ends the connection, if there is one. */
  #close() {
    const connection = this.#connection;
    this.#connection = null;
    this.#streams.stop();
    for (const name of ofConnection) this.#values.change(name, properties[name].initial);
    connection?.stop();
    this.#screen.play(null);
  }

  /**
   * What the connection that is made now may do, as long as it is the one.
   * @returns {Hooks}
   */
  #hooks() {
    const number = ++this.#connects;
    /** @type {<T extends unknown[]>(action: (...args: T) => void) => (...args: T) => void} */
    const ours = (action) => {
      return (...args) => {
        if (this.#connection && this.#connects === number) action(...args);
      };
    };
    return {
      connected: ours(() => this.#connected(String(number))),
      closed: ours(() => {
        this.#source(null);
        this.#refresh();
      }),
      tell: ours((method, args) => this.#tell('onCallback', { method, args })),
      received: ours((data) => {
        if (this.#values.is('playing')) this.#tell('onReceiveData', { data });
      }),
      change: ours((property, value) => this.#change(property, value)),
      opened: ours(() => this.#refresh()),
      screen: this.#screen,
      devices: this.#devices,
      wishes: (name) => this.#values.get(name),
    };
  }

  /** @param {string} nearID */
  #connected(nearID) {
    this.#values.change('nearID', nearID);
    this.#values.change('group', null); // as Flash did where it had no groups
    if (this.#values.is('autoplay')) this.#streams.start();
    this.#refresh();
  }

  /**
   * @param {string} property
   * @param {Value} value
   */
  #change(property, value) {
    this.#values.change(property, value);
    this.#refresh();
  }

  /** Lets what is heard, said and shown follow the properties. */
  #refresh() {
    const values = this.#values;
    const sent = this.#connection?.stream() ?? null;
    if (sent && values.get('publish') !== null && sent.getVideoTracks().length === 0) values.change('camera', false);
    const live = values.is('live') && values.is('camera');
    this.#camera.want(live && values.get('publish') === null);
    this.#screen.preview(live ? (sent ?? this.#camera.stream) : null);
    this.#screen.set(lookOf(values));
    this.#connection?.refresh();
    this.#meter.run(this.#connection !== null && (values.is('playing') || values.is('recording')));
  }

  /**
   * @param {import('./dimensions.js').Name} name
   * @param {string | number | null} wanted
   */
  #size(name, wanted) {
    const size = dimensions(name, wanted);
    if (!size) return;
    const [width, height] = size;
    this.#values.change('cameraWidth', width);
    this.#values.change('cameraHeight', height);
    this.#values.change('cameraDimension', `${width}x${height}`);
  }

  /** @param {boolean} full */
  async #fill(full) {
    if (full && !this.#values.is('enableFullscreen')) return;
    this.#values.change('fullscreen', await this.#screen.fill(full));
  }

  /** Asks the user for the devices. */
  async #ask() {
    const stream = await this.#devices.open({ audio: true, video: true }).catch(() => null);
    for (const track of stream?.getTracks() ?? []) track.stop();
  }

  /** @param {boolean} showing */
  #asking(showing) {
    if (this.#values.is('privacyEvent')) this.#tell('onShowingSettings', { showing });
  }

  /** @type {(name: string, event: object) => void} */
  #tell(name, event) {
    tellPage(this.#name, name, event);
  }
}
