import assert from 'node:assert/strict';
import { test } from 'node:test';
import JsSIP from 'jssip';
import { followOffers } from '../src/offeredservers.js';

/** A socket of JsSIP at whose other end is a service that takes each registration, and offers another relay then. */
class FakeSocket {
  url = 'ws://localhost/ws';
  via_transport = 'WS';
  sip_uri = 'sip:localhost;transport=ws';
  registrations = 0;
  connected = false;
  connect() {
    this.connected = true;
    queueMicrotask(() => this.onconnect());
  }
  disconnect() {
    this.connected = false;
  }
  isConnected() {
    return this.connected;
  }
  isConnecting() {
    return false;
  }
  send(message) {
    const lines = String(message).split('\r\n');
    const same = lines.filter((line) => /^(Via|From|To|Call-ID|CSeq|Contact): /.test(line));
    this.registrations += 1;
    const relay = `X-ICE-Servers: [{"urls":["turn:a.example"],"username":"${this.registrations}","credential":"x"}]`;
    queueMicrotask(() => this.ondata(['SIP/2.0 200 OK', ...same, relay, 'Content-Length: 0', '', ''].join('\r\n')));
    return true;
  }
}

test('each refresh of a registration tells of the relays anew', async () => {
  const agent = new JsSIP.UA({ sockets: [new FakeSocket()], uri: 'sip:alice@localhost', password: 'secret' });
  const offered = [];
  let registered = 0;
  agent.on('registered', () => (registered += 1));
  const next = () => new Promise((resolve) => (agent.told = resolve));
  followOffers(agent, (servers) => {
    offered.push(servers[0].username);
    agent.told();
  });
  const first = next();
  agent.start();
  await first;
  const second = next();
  agent.register();
  await second;
  assert.deepEqual(offered, ['1', '2']);
  assert.equal(registered, 1); // which is why that event is not enough
  agent.stop();
});
