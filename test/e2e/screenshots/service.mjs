// The program under the lens, started without a file, on ports of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** How long the service may take until it is ready, in milliseconds. */
const readyLimit = 20_000;

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

export class Service {
  #process;

  constructor(running, url) {
    this.#process = running;
    this.url = url;
  }

  static async start(program) {
    const [http, sip, webrtc] = [await freePort(), await freePort(), await freePort()];
    const running = spawn(program, ['serve'], {
      stdio: 'ignore',
      env: {
        ...process.env,
        SIPBRIDGE_LISTEN_HTTP: `127.0.0.1:${http}`,
        SIPBRIDGE_LISTEN_SIP_UDP: `127.0.0.1:${sip}`,
        SIPBRIDGE_LISTEN_SIP_TCP: `127.0.0.1:${sip}`,
        SIPBRIDGE_MEDIA_WEBRTC_PORTS: String(webrtc),
      },
    });
    const service = new Service(running, `http://localhost:${http}`);
    await service.#ready();
    return service;
  }

  async #ready() {
    const deadline = Date.now() + readyLimit;
    while (!(await fetch(`${this.url}/readyz`).catch(() => null))?.ok) {
      if (Date.now() > deadline) throw new Error('the service is not ready');
      await new Promise((resolve) => setTimeout(resolve, 50)); // it is up when it answers; nothing else tells
    }
  }

  async stop() {
    this.#process.kill();
    await once(this.#process, 'exit');
  }
}
