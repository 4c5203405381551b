// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventTarget } from '../src/eventtarget.js';
import { iceServersFrom } from '../src/iceservers.js';
import { limitBandwidth } from '../src/media/bandwidth.js';
import { constraintsFor } from '../src/media/constraints.js';
import { mediaTypeOfOffer } from '../src/media/mediatype.js';
import { oneChallenge } from '../src/sip/challenges.js';
import { contactOf, contactOfRegister } from '../src/sip/contact.js';
import { Digest } from '../src/sip/digest.js';
import { Headers } from '../src/sip/headers.js';
import { sha256 } from '../src/sip/sha256.js';
import { oneUserAgent } from '../src/sip/socket.js';
import { targetOf } from '../src/sip/target.js';
import { StackSettings } from '../src/stacksettings.js';

test('SHA-256 gives what FIPS 180-4 gives', () => {
  assert.equal(sha256(''), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  assert.equal(sha256('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  assert.equal(
    sha256('abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq'),
    '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
  );
  assert.equal(sha256('a'.repeat(1_000_000)).slice(0, 16), 'cdc76e5c9914fb92');
});

// RFC 7616 section 3.9.1.
const challenge = {
  realm: 'http-auth@example.org',
  nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
  opaque: 'FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS',
  qop: ['auth', 'auth-int'],
};
const cnonce = 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ';
const mufasa = { username: 'Mufasa', password: 'Circle of Life' };

test('challenges are answered as RFC 7616 does', () => {
  for (const [algorithm, response] of [
    ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
    ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
  ]) {
    const digest = new Digest(mufasa);
    const request = { method: 'GET', ruri: '/dir/index.html' };
    assert.ok(digest.authenticate(request, { ...challenge, algorithm }, cnonce));
    assert.match(String(digest), new RegExp(`response="${response}"`));
    assert.match(String(digest), new RegExp(`algorithm=${algorithm}.*qop=auth, nc=00000001`));
    assert.match(digest.again(request), /nc=00000002/);
  }
});

test('a challenge that cannot be answered is not', () => {
  const request = { method: 'REGISTER', ruri: 'sip:example.org' };
  for (const bad of [{ algorithm: 'SHA-512-256' }, { qop: ['else'] }, { nonce: '' }, { realm: '' }]) {
    assert.equal(new Digest(mufasa).authenticate(request, { ...challenge, ...bad }), false);
  }
  assert.equal(new Digest(mufasa).again(request), '');
});

test('of several challenges the first that can be answered stays', () => {
  const message = (/** @type {string[]} */ ...headers) =>
    ['SIP/2.0 401 Unauthorized', ...headers, 'Content-Length: 0', '', ''].join('\r\n');
  const unknown = 'WWW-Authenticate: Digest realm="a", algorithm=SHA-512-256, nonce="1"';
  const strong = 'WWW-Authenticate: Digest realm="a", algorithm=SHA-256, nonce="2"';
  const weak = 'WWW-Authenticate: Digest realm="a", nonce="3"';
  assert.equal(oneChallenge(message(unknown, strong, weak)), message(strong));
  assert.equal(oneChallenge(message(weak, strong)), message(weak));
  assert.equal(oneChallenge(message(unknown)), message(unknown));
  const other = message(weak, strong).replace('401 Unauthorized', '200 OK');
  assert.equal(oneChallenge(other), other);
});

test("the page's User-Agent stands in place of JsSIP's", () => {
  const text = 'REGISTER sip:a SIP/2.0\r\nUser-Agent: page\r\nUser-Agent: JsSIP\r\n\r\n';
  assert.equal(oneUserAgent(text), 'REGISTER sip:a SIP/2.0\r\nUser-Agent: page\r\n\r\n');
  const alone = 'REGISTER sip:a SIP/2.0\r\nUser-Agent: JsSIP\r\n\r\n';
  assert.equal(oneUserAgent(alone), alone);
});

test('targets are names, numbers and addresses', () => {
  for (const [text, uri] of [
    ['bob', 'sip:bob@example.org'],
    ['+33 1'.replace(' ', ''), 'sip:+331@example.org'],
    ['bob@elsewhere.test', 'sip:bob@elsewhere.test'],
    ['sip:bob@elsewhere.test;transport=tcp', 'sip:bob@elsewhere.test;transport=tcp'],
    ['tel:+1-201-555-0123', 'sip:+12015550123@example.org;user=phone'],
    ['"Bob" <sip:bob@elsewhere.test>', 'sip:bob@elsewhere.test'],
  ]) {
    assert.equal(String(targetOf(text, 'example.org')), uri, text);
  }
  assert.equal(targetOf('"Bob" <sip:bob@elsewhere.test>', 'a').display_name, 'Bob');
  for (const bad of ['sip:', 'tel:abc;@', '<', 'sip:a b@c']) assert.equal(targetOf(bad, 'example.org'), undefined, bad);
});

test('headers replace their namesakes, and go when they are for one request', () => {
  const stack = new Headers();
  stack.set([
    { name: 'Organization', value: 'Ours' },
    { name: 'X-All', value: '1' },
  ]);
  const session = new Headers();
  session.set([
    { name: 'organization', value: 'Mine' },
    { name: 'X-Once', value: 'a\r\nEvil: b', session: false },
  ]);
  assert.deepEqual(session.lines(stack), ['organization: Mine', 'X-Once: a Evil: b', 'X-All: 1']);
  session.sent();
  assert.deepEqual(session.lines(stack), ['organization: Mine', 'X-All: 1']);
  stack.set([{ name: 'x-all' }, /** @type {any} */ (null), /** @type {any} */ ({ name: 5 })]);
  assert.deepEqual(session.lines(stack), ['organization: Mine']);
});

test('ICE servers come as list or text, which is never run', () => {
  assert.deepEqual(iceServersFrom([]), []);
  assert.deepEqual(iceServersFrom('[]'), []);
  assert.deepEqual(iceServersFrom("[{ url: 'stun:stun.example.org:19302' }]"), [
    { urls: 'stun:stun.example.org:19302' },
  ]);
  assert.deepEqual(iceServersFrom([{ urls: 'turn:a', username: 'u', credential: 'c' }]), [
    { urls: 'turn:a', username: 'u', credential: 'c' },
  ]);
  for (const bad of ['alert(1)', '{}', '[{url: alert(1)}]']) {
    assert.throws(() => iceServersFrom(bad), /^Error: ERR_INVALID_PARAMETER_VALUE: /);
  }
});

test('bandwidth is said per kind', () => {
  const sdp = 'v=0\r\nm=audio 1 A 0\r\nc=IN IP4 0.0.0.0\r\na=x\r\nm=video 1 A 96\r\nc=IN IP4 0.0.0.0\r\n';
  assert.equal(limitBandwidth(sdp, { audio: 64 }), sdp.replace('0.0.0.0\r\na=x', '0.0.0.0\r\nb=AS:64\r\na=x'));
  assert.match(limitBandwidth(sdp, { audio: 64, video: 512 }), /m=video.*\r\nc=.*\r\nb=AS:512\r\n$/);
  assert.equal(limitBandwidth(sdp, {}), sdp);
});

test('video sizes and devices become constraints', () => {
  const size = { minWidth: 320, maxWidth: 640, maxHeight: undefined };
  assert.deepEqual(constraintsFor({ audio: true, video: true }, size, { audio_input: 'mic' }), {
    audio: { deviceId: { exact: 'mic' } },
    video: { width: { min: 320, max: 640 } },
  });
  assert.deepEqual(constraintsFor({ audio: true, video: false }, {}, {}), { audio: true, video: false });
});

test('an offer says what the call is made of', () => {
  assert.equal(mediaTypeOfOffer('m=audio 9 A 0\r\nm=video 9 A 96\r\n').s_name, 'audio/video');
  assert.equal(mediaTypeOfOffer('m=audio 9 A 0\r\nm=video 0 A 96\r\n').s_name, 'audio');
  assert.equal(mediaTypeOfOffer('m=video 9 A 96\r\n').s_name, 'video');
});

test('a type has one listener, and more only for who asks for it', async () => {
  const target = new EventTarget();
  /** @type {string[]} */
  const heard = [];
  const hear = (/** @type {string} */ name) => () => heard.push(name);
  target.addEventListener('*', hear('any'));
  target.addEventListener(['a', 'b'], hear('first'));
  target.addEventListener('a', hear('second'));
  const beside = hear('beside');
  target.addEventListener('a', beside, { beside: true });
  for (const type of ['a', 'b', 'c']) target.dispatchEvent({ s_type: type, o_value: {} });
  await Promise.resolve();
  assert.deepEqual(heard, ['second', 'first', 'any', 'beside']);
  target.removeEventListener('a');
  target.removeEventListener('a', beside);
  target.dispatchEvent({ s_type: 'a', o_value: {} });
  target.dispatchEvent({ s_type: 'new', o_value: {}, isAddition: true });
  assert.equal(heard.pop(), 'any');
  assert.equal(heard.length, 4);
});

const alice = { realm: 'example.org', impi: 'alice', impu: 'sip:alice@example.org', password: 'secret' };

test('a stack wants its user, and keeps what later settings leave out', () => {
  for (const key of ['realm', 'impi', 'impu']) {
    assert.throws(() => new StackSettings({ ...alice, [key]: '' }), /^Error: ERR_INVALID_PARAMETER_VALUE: /);
  }
  assert.throws(() => new StackSettings({ ...alice, impu: 'sip:example.org' }), /ERR_INVALID_PARAMETER_VALUE/);
  assert.throws(() => new StackSettings({ ...alice, password: 5 }), /ERR_INVALID_PARAMETER_TYPE/);
  assert.throws(() => new StackSettings({ ...alice, sip_headers: {} }), /ERR_INVALID_PARAMETER_TYPE/);
  const settings = new StackSettings({ ...alice, enable_rtcweb_breaker: true, bandwidth: { audio: 64 } });
  settings.apply({ display_name: 'Alice', outbound_proxy_url: 'udp://192.0.2.1:5060' });
  assert.equal(settings.password, 'secret');
  assert.equal(settings.isBreaker, false);
  assert.deepEqual(settings.bandwidth, { audio: 64 });
  assert.equal(settings.outboundRoute, '<sip:192.0.2.1:5060;lr;sipml5-outbound;transport=udp>');
});

test('contacts say what servers of sipML5 look for', () => {
  const settings = new StackSettings({ ...alice, display_name: 'Alice "W"', enable_rtcweb_breaker: true });
  const caps = [{ name: '+audio' }, { name: 'language', value: '"en,fr"' }];
  assert.equal(
    contactOfRegister(settings, 'x.invalid', { expires: 200, caps }),
    '"Alice \\"W\\"" <sip:alice@x.invalid;rtcweb-breaker=yes;transport=ws>;expires=200;click2call=no;+audio;language="en,fr"',
  );
  assert.equal(
    contactOf(settings, 'x.invalid', { isInvite: true }),
    '"Alice \\"W\\"" <sip:alice@x.invalid;rtcweb-breaker=yes;transport=ws;click2call=no>' +
      ';impi=alice;ha1=543e1aec5d3614f03141652d6ada51b2',
  );
  settings.apply({ enable_rtcweb_breaker: false });
  assert.doesNotMatch(contactOf(settings, 'x.invalid', { isInvite: true }), /ha1|breaker=yes/);
});
