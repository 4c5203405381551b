// The one page API that the Go tests call, whatever library is behind it.
import { pictures, preferVideo } from './pictures.js';
import { connections, frames, hear, offeredOnly, preferCodec, stats } from './record.js';

/**
 * States: idle, registered, calling, ringing (far end rings), early (far end's early media), incoming,
 * established, ended. A library's adapter calls move() and note(); it implements the verbs that throw here.
 */
export class Phone {
  #state = 'idle';
  #waiting = new Set();
  events = [];
  reason = null;

  register() { throw new Error('not implemented'); }
  call() { throw new Error('not implemented'); }
  answer() { throw new Error('not implemented'); }
  reject() { throw new Error('not implemented'); }
  hangup() { throw new Error('not implemented'); }
  hold() { throw new Error('not implemented'); }
  resume() { throw new Error('not implemented'); }
  dtmf() { throw new Error('not implemented'); }
  say() { throw new Error('not implemented'); }
  watch() { throw new Error('not implemented'); }
  unwatch() { throw new Error('not implemented'); }
  publish() { throw new Error('not implemented'); }
  unpublish() { throw new Error('not implemented'); }
  transfer() { throw new Error('not implemented'); }
  consult() { throw new Error('not implemented'); }
  addCamera() { throw new Error('not implemented'); }
  dropCamera() { throw new Error('not implemented'); }
  /** Uses the camera in calls from now on. */
  camera() { throw new Error('not implemented'); }
  join() { throw new Error('not implemented'); }

  state() { return this.#state; }
  why() { return this.reason; }
  story() { return this.events; }
  trace() { return frames; }
  hear(frequencies) { return hear(frequencies); }
  stats() { return stats(); }
  pictures() { return pictures(connections.at(-1)); }
  preferVideo(mimeType, parameter) { preferVideo(mimeType, parameter); }
  prefer(mimeType, events) { preferCodec(mimeType, events); }
  offered(name) { offeredOnly(name); }
  dropSocket() { window.lastWebSocket.close(); }

  /** Makes a button that does this when the user clicks on it. */
  offer(id, name, ...args) {
    const button = Object.assign(document.createElement('button'), { id, textContent: id });
    button.addEventListener('click', () => void this[name](...args));
    document.body.prepend(button);
  }

  /** How many requests of a method with this text in them have left. */
  sent(method, text) {
    return frames.filter((f) => f.way === 'out' && f.text.startsWith(`${method} `) && f.text.includes(text)).length;
  }

  move(state, reason = null) {
    if (reason) this.reason = reason;
    this.#state = state;
    this.note('state', state);
  }

  note(type, detail = null) {
    this.events.push({ at: Math.round(performance.now()), type, detail });
    for (const look of this.#waiting) look();
  }

  /** Resolves when the state, or an event of this type, is there; at once if the state already is. */
  wait(states, milliseconds) {
    return this.#until(() => states.includes(this.#state), `state ${states}`, milliseconds);
  }

  waitEvent(type, count, milliseconds) {
    const seen = () => this.events.filter((event) => event.type === type).length >= count;
    return this.#until(seen, `${count} × event ${type}`, milliseconds);
  }

  #until(isTrue, what, milliseconds) {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (!isTrue()) return;
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve(this.#state);
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(look);
        const seen = this.events.slice(-8).map((e) => `${e.type} ${JSON.stringify(e.detail)}`).join(' | ');
        reject(new Error(`waited ${milliseconds} ms for ${what}; state ${this.#state}, reason ${JSON.stringify(this.reason)}; ${seen}`));
      }, milliseconds);
      this.#waiting.add(look);
      look();
    });
  }
}
