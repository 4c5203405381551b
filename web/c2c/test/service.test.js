import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Refused, askForPass, socketURL } from '../src/service.js';

const answering = (status, body) => async (url, options) => {
  answering.asked = { url, ...options, body: JSON.parse(options.body) };
  return { ok: status === 200, status, json: async () => body };
};

test('a pass is asked for without cookies', async () => {
  const pass = { token: 't', websocket: '/ws', from: 'sip:guest-1@example.com', to: 'sip:button@example.com' };
  assert.deepEqual(await askForPass('https://sip.example.com', 'alice@example.com', answering(200, pass)), pass);
  assert.equal(answering.asked.url, 'https://sip.example.com/c2c/');
  assert.equal(answering.asked.credentials, 'omit');
  assert.deepEqual(answering.asked.body, { action: 'req_call', to: 'alice@example.com' });
});

test('each refusal has its sentence', async () => {
  const words = (status) => askForPass('https://x', 'a@b', answering(status, {})).catch((fault) => fault);
  for (const [status, part] of [
    [403, 'may not call'],
    [429, 'Too many'],
    [603, 'cannot place'],
  ]) {
    const fault = await words(status);
    assert.ok(fault instanceof Refused && fault.message.includes(part), `${status}: ${fault}`);
  }
  const unreachable = askForPass('https://x', 'a@b', async () => {
    throw new TypeError('Failed to fetch');
  });
  await assert.rejects(unreachable, /cannot be reached/);
});

test('the WebSocket is where the script came from', () => {
  const pass = { token: 'a b&c', websocket: '/ws', from: '', to: '' };
  assert.equal(socketURL('https://sip.example.com', pass), 'wss://sip.example.com/ws?access_token=a+b%26c');
  assert.equal(socketURL('http://localhost:8080', pass), 'ws://localhost:8080/ws?access_token=a+b%26c');
});
