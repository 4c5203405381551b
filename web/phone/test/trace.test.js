import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstLine, redacted, Trace } from '../src/trace.js';
import { TracedSocket } from '../src/tracedsocket.js';

const register =
  'REGISTER sip:localhost SIP/2.0\r\n' +
  'AUTHORIZATION : Digest username="alice",\r\n\tresponse="5ec4e7"\r\n' +
  'Proxy-Authorization: Bearer eyJ5ec4e7\r\n' +
  'X-ICE-Servers: [{"username":"1:alice","credential":"5ec4e7"}]\r\n' +
  'Authentication-Info: nextnonce="x"\r\nContent-Length: 0\r\n\r\n';

test('leaves out what proves who we are', () => {
  const text = redacted(register);
  assert.ok(!text.includes('5ec4e7') && !text.includes('alice'), text);
  assert.match(
    text,
    /AUTHORIZATION : Digest \[left out\]\r\nProxy-Authorization: Bearer \[left out\]\r\nX-ICE-Servers: \[left out\]\r\nAuth/,
  );
  assert.equal(redacted(text), text);
});

test('keeps the newest messages', () => {
  let changes = 0;
  const trace = new Trace(() => (changes += 1));
  for (let i = 0; i < 500; i++) trace.add('in', `SIP/2.0 ${i} OK\r\n\r\n`);
  assert.equal(changes, 500);
  assert.equal(trace.messages.length, 400);
  assert.equal(firstLine(trace.messages[399].text), 'SIP/2.0 499 OK');
  assert.match(trace.text, /^--- \d{4}-\S+Z received\nSIP\/2.0 100 OK/);
  trace.clear();
  assert.equal(trace.text, '');
  assert.equal(firstLine('\r\n\r\n'), 'keep-alive');
});

test('shows both ways of a socket, and is one for JsSIP', () => {
  const seen = [];
  const out = [];
  const socket = {
    url: 'ws://localhost/ws',
    via_transport: 'WS',
    sip_uri: 'sip:localhost;transport=ws',
    send: (message) => out.push(message) > 0,
    connect() {
      this.onconnect();
    },
    disconnect() {
      this.ondisconnect(true, 1006, 'gone');
    },
    isConnected: () => true,
    isConnecting: () => false,
  };
  const traced = new TracedSocket(socket.url, (way, text) => seen.push(`${way} ${text}`), '', socket);
  const told = [];
  traced.onconnect = () => told.push('connected');
  traced.ondisconnect = (...why) => told.push(why);
  traced.ondata = (data) => told.push(data);
  traced.connect();
  traced.disconnect();
  socket.ondata('text');
  const binary = new TextEncoder().encode('bytes').buffer;
  socket.ondata(binary);
  assert.equal(traced.send({ toString: () => 'MESSAGE' }), true);
  assert.deepEqual(told, ['connected', [true, 1006, 'gone'], 'text', binary]);
  assert.deepEqual(seen, ['in text', 'in bytes', 'out MESSAGE']);
  assert.ok(traced.isConnected() && !traced.isConnecting());
  assert.deepEqual([traced.url, traced.via_transport, traced.sip_uri], [socket.url, 'WS', socket.sip_uri]);
});

test('says in responses what the page calls itself', () => {
  const out = [];
  const socket = { send: (message) => out.push(message) };
  const traced = new TracedSocket('ws://localhost/ws', () => {}, ' mine/1 $&\r\nX: y', socket);
  traced.send('SIP/2.0 200 OK\r\nVia: x\r\n\r\n');
  traced.send('ACK sip:a SIP/2.0\r\n\r\n');
  assert.deepEqual(out, ['SIP/2.0 200 OK\r\nServer: mine/1 $&X: y\r\nVia: x\r\n\r\n', 'ACK sip:a SIP/2.0\r\n\r\n']);
});
