// @ts-check
// The properties of VideoIO: what each is at first, what kind of value it takes, and what follows from it here.

/** @typedef {string | number | boolean | null | string[]} Value */

/** Values that a page gives become of the property's kind; a list can only be read. */
export const Kind = Object.freeze({ text: 'text', number: 'number', flag: 'flag', list: 'list' });

/**
 * @typedef {object} Property
 * @property {string} kind
 * @property {Value} initial
 * @property {string} doc what getProperty('__doc__' + name) gives
 * @property {boolean} [fixed] the page can only read it
 */

/**
 * @param {string} doc
 * @param {string | null} [initial]
 * @returns {Property}
 */
const text = (doc, initial = null) => ({ kind: Kind.text, initial, doc });

/**
 * @param {string} doc
 * @param {number} initial NaN for what is not known
 * @returns {Property}
 */
const number = (doc, initial) => ({ kind: Kind.number, initial, doc });

/**
 * @param {string} doc
 * @param {boolean} [initial]
 * @returns {Property}
 */
const flag = (doc, initial = false) => ({ kind: Kind.flag, initial, doc });

/**
 * @param {Property} property
 * @returns {Property}
 */
const fixed = (property) => ({ ...property, fixed: true });

/** For what pages set without need; nothing follows from it. */
const kept = 'It is kept, and changes nothing: the browser decides.';

/** @type {Readonly<Record<string, Property>>} */
const connection = {
  src: text('rtmp://host/sip/name@domain?bidirection=true&arg=login&arg=password&arg=display name'),
  url: text('The part of src before its question mark. Setting it connects anew, with the same args.'),
  scheme: fixed(text('The scheme of src.')),
  args: fixed({ kind: Kind.list, initial: [], doc: 'The values of arg in src.' }),
  nearID: fixed(text('Not null while the player is connected.')),
  farID: text('It is kept: a connection straight to another player was a matter of RTMFP, which is not there.'),
  group: text('It becomes null when the player connects: groups were a matter of RTMFP, which is not there.'),
  bidirection: flag('Whether publish and play can both be set, as calls need it.'),
  isDownload: fixed(flag('Whether src is a file that is loaded by HTTP.')),
  objectEncoding: number(kept, 3),
  proxyType: text(kept, 'none'),
  multicastWindowDuration: number(kept, NaN),
};

/** @type {Readonly<Record<string, Property>>} */
const streams = {
  publish: text('While it is set, the other party hears the microphone and sees the camera.'),
  play: text('While it is set, the other party is heard and seen.'),
  live: flag('Whether the own camera is shown. It comes with publish; ?live=true is for a camera alone.'),
  record: flag('Whether what is published is kept in this browser, to be played here with play.'),
  recordMode: text('append adds to a recording; record, as without one, begins it anew.', 'record'),
  playMode: text(kept, 'live'),
  autoplay: flag('Whether publish, play and files start at once, or by recording and playing.', true),
  playing: flag('Whether the other party, a file or a recording is played.'),
  recording: flag('Whether the microphone and the camera are sent or recorded.'),
  loop: flag('Whether a file or a recording starts again at its end.'),
  preload: flag('Whether a file is loaded before it is played.'),
  bufferTime: number(
    'Seconds of sound and pictures to keep before they are played; a negative number leaves it be.',
    -1,
  ),
  bufferTimeMax: number(kept, -1),
  currentTime: number(
    'Seconds since the stream began, or the place in a file. callProperty("setCurrentTime", s) seeks.',
    NaN,
  ),
  duration: number('Seconds of the file or the recording, NaN if it is not known.', NaN),
  bytesLoaded: fixed(number('Bytes of the recording that are there.', 0)),
  bytesTotal: fixed(number('Bytes of the whole recording.', 0)),
  playerState: fixed(text('Of a file: loading, playing, paused, buffering, stopped, connectionError.')),
  currentFPS: fixed(number('Pictures a second that are shown or sent.', NaN)),
  liveDelay: fixed(number('Seconds that sound waits before it is played.', NaN)),
  bandwidth: fixed(number('Bytes a second that are sent or got.', 0)),
  quality: fixed(number('1 for no delay to 0 for too much; NaN if nothing is played.', 0)),
};

/** @type {Readonly<Record<string, Property>>} */
const sound = {
  microphone: flag('Whether the microphone is on. It comes with publish; false mutes.'),
  gain: number('Of the microphone, 0 to 1; 0.5 leaves it as it is.', 0.5),
  level: fixed(number('Of the microphone, 0 to 1.', 0)),
  sound: flag('False silences the other party.', true),
  volume: number('Of the other party, 0 to 1.', 0.5),
  echoCancel: flag('Whether the browser takes echo out of the microphone.', true),
  echoSuppression: flag(kept, true),
  silenceLevel: number(kept, 0),
  codec: text(kept, 'Speex'),
  rate: number(kept, 16),
  encodeQuality: number(kept, 6),
  framesPerPacket: number(kept, 1),
};

/** @type {Readonly<Record<string, Property>>} */
const pictures = {
  camera: flag('Whether the camera is on. It comes with publish, if there is one; false sends no pictures.'),
  cameraDimension: text('Width and height that the camera is asked for.', '320x240'),
  cameraWidth: number('Width that the camera is asked for; the height follows, 4 to 3.', 320),
  cameraHeight: number('Height that the camera is asked for; the width follows, 4 to 3.', 240),
  cameraFPS: number('Pictures a second that the camera is asked for.', 12),
  cameraBandwidth: number('At most so many bytes of pictures a second; 0 for as many as it takes.', 0),
  cameraQuality: number(kept, 0),
  keyFrameInterval: number(kept, 15),
  cameraLoopback: flag(kept),
  videoCodec: text(kept, 'Sorenson'),
  deviceAllowed: fixed(flag('Whether the user lets the page use microphone or camera.')),
  privacyEvent: flag('Whether onShowingSettings tells that the browser asks the user for microphone and camera.'),
  display: flag('Whether pictures are shown.', true),
  videoWidth: fixed(number('Width of the pictures in pixels.', NaN)),
  videoHeight: fixed(number('Height of the pictures in pixels.', NaN)),
  mirrored: flag('Whether the own camera is shown as in a mirror.', true),
  zoom: text('in fills the place with pictures, out shows all of them, null stretches them.', 'in'),
  smoothing: flag('Whether pictures are smoothed when they are made larger.', true),
  poster: text('URL of an image to show before there are pictures.'),
  posterBackgroundAlpha: number(kept, NaN),
  snapshot: text(
    'A picture, JPEG in base64. callProperty("takeSnapshot", quality) takes one; one that is set is shown.',
  ),
  controls: flag('Whether the browser shows controls on the pictures.'),
  detectActivity: flag(kept, true),
  fullscreen: flag('Whether the player fills the screen. A page can set it when the user clicks.'),
  enableFullscreen: flag('Whether fullscreen can be set.', true),
};

/** @type {Readonly<Record<string, Property>>} */
export const properties = Object.freeze({ ...connection, ...streams, ...sound, ...pictures });

/**
 * Makes a value that a page gives one of the property's kind, as Flash did: nothing is 0, false or null.
 * @param {Property} property
 * @param {unknown} value
 * @returns {string | number | boolean | null}
 */
export function converted({ kind }, value) {
  switch (kind) {
    case Kind.flag:
      return Boolean(value);
    case Kind.number:
      return Number(value ?? 0);
    default:
      return value === null || value === undefined || value === '' ? null : String(value);
  }
}
