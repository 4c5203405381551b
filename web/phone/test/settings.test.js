import assert from 'node:assert/strict';
import { test } from 'node:test';
import { detect } from '../src/detection.js';
import { QuietStart } from '../src/quietstart.js';
import {
  iceServers,
  keepable,
  parameters,
  registerSeconds,
  settingsFrom,
  targetWith,
  webSocketFor,
} from '../src/settings.js';

/** The public properties of the sip-js phone, each a parameter of the page's address. */
const sipjs =
  'displayname username domain authname password transport outbound outbound_proxy_address register_interval rport ' +
  'sipoutbound target_scheme target_value has_audio has_tones has_video has_text has_location location log_scroll ' +
  'network_type listen_ip websocket_path enable_sound_alert webrtc_servers user_agent server';

test('takes every parameter of a sip-js link', () => {
  for (const name of [...sipjs.split(' '), 'target']) {
    const isBool = typeof parameters[name].standard === 'boolean';
    const value = isBool ? 'false' : (parameters[name].choices?.at(-1) ?? 'x y');
    const { values } = settingsFrom(`?${new URLSearchParams({ [name]: value })}`);
    assert.equal(values[name], isBool ? false : value, name);
  }
  assert.equal(settingsFrom('?has_video=').values.has_video, true, 'everything but "false" is true');
});

test('prefers the address to what was kept, and both to what is standard', () => {
  const kept = { websocket_path: '/kept', register_interval: '90', outbound: 'nonsense', has_audio: 'yes' };
  const { values } = settingsFrom('?websocket_path=/given', kept);
  assert.deepEqual(
    [values.websocket_path, values.register_interval, values.outbound, values.has_audio],
    ['/given', '90', 'target', true],
  );
});

test('says what a page cannot do', () => {
  assert.deepEqual(settingsFrom('?username=alice&transport=wss').notices, []);
  assert.match(settingsFrom('?network_type=Flash').notices[0], /no Flash/);
  assert.match(settingsFrom('?transport=udp').notices[0], /WebSocket only/);
  assert.match(settingsFrom('?listen_ip=192.0.2.1').notices[0], /chooses by itself/);
  assert.match(settingsFrom('?has_location=true').notices[0], /know where you are/);
  assert.match(settingsFrom('?outbound=proxy&outbound_proxy_address=evil.example').notices[0], /Register only if you/);
  const another = settingsFrom('?outbound_proxy_address=evil.example', { outbound: 'proxy' });
  assert.match(another.notices[0], /Register only if you/, 'a link that only names another proxy');
  assert.deepEqual(settingsFrom('?outbound_proxy_address=evil.example').notices, [], 'it is not used');
  assert.deepEqual(settingsFrom('', { outbound: 'proxy', outbound_proxy_address: 'mine.example' }).notices, []);
});

test('keeps no secret', () => {
  const { values } = settingsFrom('?password=s&username=u&authname=a&webrtc_servers=turn:u@t.example|s');
  const kept = keepable(values);
  assert.deepEqual(
    [kept.authname, kept.password, kept.username, kept.webrtc_servers],
    ['a', ...Array(3).fill(undefined)],
  );
  assert.equal(keepable({ webrtc_servers: 'stun:s.example' }).webrtc_servers, 'stun:s.example');
});

test('where to register', () => {
  const own = 'wss://own.example/ws';
  assert.equal(webSocketFor({}, own), own);
  assert.equal(webSocketFor({ websocket_path: 'sip' }, own), 'wss://own.example/sip');
  const other = { outbound: 'proxy', outbound_proxy_address: 'sip:other.example:8443' };
  assert.equal(webSocketFor(other, own), 'wss://other.example:8443/ws');
  assert.equal(webSocketFor({ ...other, outbound: 'target' }, own), own);
});

test('for how long', () => {
  for (const [typed, seconds] of Object.entries({ '': 600, x: 600, 1: 60, 180: 180, 1e9: 86_400 })) {
    assert.equal(registerSeconds({ register_interval: typed }), seconds, typed);
  }
});

test('servers for ICE', () => {
  assert.deepEqual(iceServers('stun:a.example, turn:joe@b.example:3478|pass|word,http://x,turn:c.example|p,'), [
    { urls: 'stun:a.example' },
    { urls: 'turn:b.example:3478', username: 'joe', credential: 'pass' },
    { urls: 'turn:c.example', username: '', credential: 'p' },
  ]);
});

test('targets of other schemes', () => {
  assert.equal(targetWith('sip', ' bob '), 'bob');
  assert.equal(targetWith('tel', '+49 30 1'), 'tel:+49 30 1');
  assert.equal(targetWith('urn', 'service:sos'), 'urn:service:sos');
  assert.equal(targetWith('tel', 'sip:bob@x'), 'sip:bob@x');
});

test('what a browser has', () => {
  assert.ok(detect({}).every(([, has]) => !has));
  const full = {
    isSecureContext: true,
    WebSocket() {},
    RTCPeerConnection() {},
    navigator: { mediaDevices: { getUserMedia() {}, getDisplayMedia() {} } },
    HTMLMediaElement: class {
      setSinkId() {}
    },
    Notification() {},
  };
  assert.ok(detect(full).every(([, has]) => has));
});

test('begins a call muted, once', () => {
  const quietStart = new QuietStart();
  const call = { state: 'ringing', muted: false, setMuted: (muted) => Object.assign(call, { muted }) };
  quietStart.follow([call], true);
  assert.equal(call.muted, false);
  call.state = 'up';
  quietStart.follow([call], true);
  assert.equal(call.muted, true);
  call.muted = false; // the user has something to say
  quietStart.follow([call], true);
  assert.equal(call.muted, false);
});
