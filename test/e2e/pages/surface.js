// What a page finds in SIPml: each function, class, method, key and error, tried without a server. The results are
// text, so that two libraries can be compared.

const classes = {
  Stack: ['start', 'stop', 'setConfiguration', 'newSession'],
  Session: ['getId', 'setConfiguration', 'getRemoteUri', 'getRemoteFriendlyName', 'accept', 'reject'],
  'Session.Registration': ['register', 'unregister'],
  'Session.Call': [
    'call', 'hangup', 'hold', 'resume', 'info', 'dtmf', 'transfer', 'acceptTransfer', 'rejectTransfer', 'mute',
    'startBfcpShare', 'stopBfcpShare',
  ],
  'Session.Message': ['send'],
  'Session.Publish': ['publish', 'unpublish'],
  'Session.Subscribe': ['subscribe', 'unsubscribe'],
  Event: ['getSipResponseCode', 'getContent', 'getContentString', 'getContentType'],
  'Session.Event': ['getTransferDestinationFriendlyName', 'getSipResponseCode'],
  'Stack.Event': ['getSipResponseCode'],
  EventTarget: ['addEventListener', 'removeEventListener', 'dispatchEvent'],
};

const getters = [
  'isInitialized', 'isReady', 'isWebRtcSupported', 'isWebSocketSupported', 'haveMediaStream', 'isScreenShareSupported',
  'isNavigatorOutdated', 'isWebRtc4AllSupported', 'isWebRtc4AllPluginOutdated', 'getNavigatorFriendlyName',
  'getNavigatorVersion', 'getSystemFriendlyName', 'getWebRtc4AllVersion', 'getWebRtcType',
];
const pluginOnly = [
  'getRunningApps', 'setFps', 'setMaxVideoSize', 'setMaxBandwidthUp', 'setMaxBandwidthDown', 'setZeroArtifacts',
];
const user = { realm: 'localhost', impi: 'alice', impu: 'sip:alice@localhost', password: 'secret' };

/** What it gives or throws, as text. */
function outcome(act) {
  try {
    const value = act();
    return value === undefined ? 'undefined' : JSON.stringify(value);
  } catch (error) {
    return `throws ${error.message}`;
  }
}

function find(SIPml, name) {
  return name.split('.').reduce((object, part) => object?.[part], SIPml);
}

function shapes(SIPml) {
  const found = {};
  for (const name of [...getters, ...pluginOnly, 'init', 'setWebRtcType', 'setDebugLevel', 'startNativeDebug', 'stopNativeDebug']) {
    found[`typeof ${name}`] = typeof SIPml[name];
  }
  for (const [name, methods] of Object.entries(classes)) {
    found[`typeof ${name}`] = typeof find(SIPml, name);
    for (const method of methods) found[`typeof ${name}.${method}`] = typeof find(SIPml, name)?.prototype[method];
  }
  return found;
}

function stacks({ Stack }) {
  const stack = new Stack(user);
  const wrong = (key, value) => outcome(() => void new Stack({ ...user, [key]: value }));
  const found = {
    'new Stack()': outcome(() => void new Stack()),
    'Stack impu without user': wrong('impu', 'sip:localhost'),
    'Stack listens': outcome(() => stack.addEventListener('*', () => {})),
    'setConfiguration': outcome(() => stack.setConfiguration({ display_name: 'Alice' })),
    'setConfiguration sip_headers': outcome(() => stack.setConfiguration({ sip_headers: 'none' })),
    'newSession nonsense': outcome(() => void stack.newSession('nonsense')),
    'newSession toString': outcome(() => void stack.newSession('toString')),
    'stop before start': outcome(() => stack.stop()),
  };
  for (const key of ['realm', 'impi', 'impu']) {
    found[`Stack without ${key}`] = wrong(key, undefined);
    found[`Stack with empty ${key}`] = wrong(key, '');
  }
  for (const key of ['password', 'display_name', 'websocket_proxy_url', 'outbound_proxy_url']) {
    found[`Stack with number as ${key}`] = wrong(key, 5);
  }
  return found;
}

function listeners({ EventTarget }) {
  const target = new EventTarget();
  const heard = [];
  target.addEventListener('*', () => heard.push('any'));
  target.addEventListener('a', () => heard.push('one'));
  target.addEventListener('a', () => heard.push('two'));
  target.addEventListener(['b', 5, ''], () => heard.push('list'));
  for (const type of ['a', 'b', 'c']) target.dispatchEvent({ s_type: type, o_value: {} });
  target.removeEventListener('a');
  target.dispatchEvent({ s_type: 'a', o_value: {} });
  return {
    'one listener per type': heard.join(' '),
    'addEventListener without listener': outcome(() => target.addEventListener('a')),
    'addEventListener without type': outcome(() => target.addEventListener('', () => {})),
    'addEventListener number': outcome(() => target.addEventListener(5, () => {})),
  };
}

function events({ Event, Session, Stack }) {
  const event = new Event('connected');
  const ofSession = new Session.Event({ name: 'session' }, 'i_info');
  return {
    'event of a type': `${event.type} ${event.description}`,
    'event without response': outcome(() => event.getSipResponseCode()),
    'event without content': outcome(() => [event.getContent(), event.getContentString(), event.getContentType()]),
    'event of a session': outcome(() => [ofSession.session, ofSession.getTransferDestinationFriendlyName()]),
    'event classes': outcome(() => [ofSession instanceof Event, new Stack.Event('started') instanceof Event]),
  };
}

function makeSessions(stack) {
  const types = ['register', 'message', 'publish', 'subscribe', 'call-audio', 'call-audiovideo', 'call-video', 'call-screenshare'];
  return Object.fromEntries(types.map((type) => [type, stack.newSession(type, {})]));
}

/** What methods give with this stack, when nothing is open. */
function results({ Session }, stack, when) {
  const found = {};
  const note = (name, act) => (found[`${name}, ${when}`] = outcome(act));
  const sessions = makeSessions(stack);
  const { register, message, publish, subscribe } = sessions;
  const call = sessions['call-audio'];
  for (const [type, session] of Object.entries(sessions)) {
    note(`class of ${type}`, () => Object.keys(Session).filter((name) => session instanceof Session[name] && name !== 'Event'));
    note(`id of ${type}`, () => typeof session.getId());
    note(`setConfiguration of ${type}`, () => session.setConfiguration({ expires: 60 }));
    note(`mediaType of ${type}`, () => session.mediaType?.i_id);
  }
  const ids = new Set(Object.values(sessions).map((session) => session.getId()));
  note('ids differ', () => ids.size === Object.keys(sessions).length);
  note('unregister', () => register.unregister());
  note('unpublish', () => publish.unpublish());
  note('unsubscribe', () => subscribe.unsubscribe());
  for (const name of ['accept', 'reject', 'hangup', 'hold', 'resume', 'acceptTransfer', 'rejectTransfer']) {
    note(name, () => call[name]());
  }
  note('info', () => call.info('text', 'text/plain'));
  note('dtmf', () => call.dtmf('5'));
  note('dtmf of nothing', () => call.dtmf(''));
  note('transfer', () => call.transfer('bob'));
  note('transfer to nobody', () => call.transfer(''));
  note('mute', () => call.mute('audio', true));
  note('mute of nonsense', () => call.mute('smell', true));
  note('mute without a boolean', () => call.mute('audio', 'yes'));
  note('startBfcpShare', () => call.startBfcpShare());
  note('stopBfcpShare', () => call.stopBfcpShare());
  note('call nobody', () => call.call(''));
  note('send to nobody', () => message.send(''));
  note('send nothing', () => message.send('bob'));
  note('subscribe to nobody', () => subscribe.subscribe(''));
  note('remote of publish', () => [publish.getRemoteUri(), publish.getRemoteFriendlyName()]);
  note('accept of a message', () => message.accept());
  return found;
}

/** What starts something: only with a stack that is not started. */
function starts(stack) {
  const { register, message, publish, subscribe, 'call-audio': call } = makeSessions(stack);
  return {
    'register, not started': outcome(() => register.register()),
    'send, not started': outcome(() => message.send('bob', 'text', 'text/plain')),
    'publish, not started': outcome(() => publish.publish('text', 'text/plain')),
    'subscribe, not started': outcome(() => subscribe.subscribe('bob')),
    'call, not started': outcome(() => call.call('bob')),
    'whom it called': outcome(() => [call.getRemoteUri(), call.getRemoteFriendlyName()]),
    ...targets(stack),
  };
}

/** Whom a call goes to, by what a page may write. */
function targets(stack) {
  const found = {};
  for (const to of ['bob', '+4930123456', 'bob@example.org', 'sip:bob@example.org', 'sips:bob@example.org', 'tel:+4930123456']) {
    const call = stack.newSession('call-audio', {});
    found[`call ${to}`] = outcome(() => [call.call(to), call.getRemoteUri(), call.getRemoteFriendlyName()]);
  }
  return found;
}

/** Everything that needs no server. */
export function surface(SIPml) {
  const early = Object.fromEntries(getters.map((name) => [`${name}, before init`, outcome(() => SIPml[name]())]));
  early['setWebRtcType before init'] = outcome(() => SIPml.setWebRtcType('native'));
  const told = [];
  SIPml.init((event) => told.push(typeof event), () => told.push('failed'));
  SIPml.init(() => told.push('again'));
  SIPml.setDebugLevel('error');
  return {
    ...shapes(SIPml),
    ...early,
    'init tells': told.join(' '),
    ...Object.fromEntries(getters.map((name) => [name, outcome(() => SIPml[name]())])),
    ...Object.fromEntries(pluginOnly.map((name) => [name, outcome(() => SIPml[name]())])),
    'setWebRtcType after init': outcome(() => SIPml.setWebRtcType('native')),
    'setDebugLevel': outcome(() => SIPml.setDebugLevel('error')),
    ...stacks(SIPml),
    ...listeners(SIPml),
    ...events(SIPml),
    ...results(SIPml, new SIPml.Stack(user), 'not started'),
    ...starts(new SIPml.Stack(user)),
  };
}

/** The rest, with a stack that is started. */
export const startedSurface = (SIPml, stack) => ({
  'start again': outcome(() => stack.start()),
  ...results(SIPml, stack, 'started'),
});
