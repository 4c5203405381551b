// @ts-check
// The properties of VideoIO that mean something without Flash, and those that pages set without need.

/** @typedef {string | number | boolean | null | string[]} Value */

/**
 * @typedef {object} Property
 * @property {Value} initial
 * @property {string} doc what getProperty('__doc__' + name) gives
 * @property {boolean} [fixed] the page can only read it
 */

/** Kept for pages that set them; nothing follows from it. */
const kept = 'It is kept, and changes nothing: the browser decides.';

/** @type {Readonly<Record<string, Property>>} */
export const properties = Object.freeze({
  src: { initial: null, doc: 'rtmp://host/sip/name@domain?bidirection=true&arg=login&arg=password&arg=display name' },
  url: { initial: null, fixed: true, doc: 'The part of src before its question mark.' },
  scheme: { initial: null, fixed: true, doc: 'The scheme of src.' },
  args: { initial: [], fixed: true, doc: 'The values of arg in src.' },
  nearID: { initial: null, fixed: true, doc: 'Not null while the player is connected.' },
  farID: { initial: null, doc: kept },
  group: { initial: null, doc: kept },
  bidirection: { initial: false, doc: 'Whether publish and play can both be set, as calls need it.' },
  publish: { initial: null, doc: 'While it is set, the other party hears the microphone.' },
  play: { initial: null, doc: 'While it is set, the other party is heard.' },
  live: { initial: false, doc: kept },
  playing: { initial: false, fixed: true, doc: 'Whether a call is published or played.' },
  microphone: { initial: true, doc: 'False mutes.' },
  camera: { initial: true, doc: 'Whether a call that names h264 or flv sends pictures.' },
  sound: { initial: true, doc: 'False silences the other party.' },
  volume: { initial: 1, doc: 'Of the other party, 0 to 1.' },
  display: { initial: true, doc: 'Whether pictures are shown.' },
  videoWidth: { initial: 0, fixed: true, doc: 'Width of the pictures in pixels.' },
  videoHeight: { initial: 0, fixed: true, doc: 'Height of the pictures in pixels.' },
  cameraDimension: { initial: '320x240', doc: 'What the camera is asked for.' },
  cameraFPS: { initial: 12, doc: 'Pictures a second that the camera is asked for.' },
  echoCancel: { initial: true, doc: 'Whether the browser takes echo out of the microphone.' },
  ...Object.fromEntries(
    /** @type {[string, Value][]} */ ([
      ['autoplay', true],
      ['controls', false],
      ['codec', 'Speex'],
      ['rate', 16],
      ['encodeQuality', 6],
      ['framesPerPacket', 1],
      ['gain', 0.5],
      ['silenceLevel', 0],
      ['echoSuppression', false],
      ['videoCodec', 'Sorenson'],
      ['keyFrameInterval', 15],
      ['cameraQuality', 0],
      ['cameraBandwidth', 0],
      ['objectEncoding', 3],
      ['proxyType', 'none'],
      ['bufferTime', 0.1],
      ['record', false],
      ['recordMode', 'record'],
      ['playMode', 'live'],
      ['privacyEvent', false],
      ['detectActivity', false],
    ]).map(([name, initial]) => [name, { initial, doc: kept }]),
  ),
});
