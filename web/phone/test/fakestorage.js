// A store like localStorage; one that is broken throws, as in a browser that keeps nothing.

export class FakeStorage {
  #values = new Map();
  #broken;

  constructor(broken = false) {
    this.#broken = broken;
  }

  getItem(key) {
    this.#check();
    return this.#values.get(key) ?? null;
  }
  setItem(key, value) {
    this.#check();
    this.#values.set(key, String(value));
  }
  removeItem(key) {
    this.#check();
    this.#values.delete(key);
  }

  #check() {
    if (this.#broken) throw new Error('SecurityError');
  }
}
