// @ts-check
// What was recorded in this browser, by name. It stays here: pages of the same origin find it, no other browser does.

/**
 * @typedef {object} Part
 * @property {Blob} blob
 * @property {number} seconds
 */

const store = 'recordings';

export class Recordings {
  #factory;

  /** @param {IDBFactory} factory */
  constructor(factory = indexedDB) {
    this.#factory = factory;
  }

  /**
   * Gives the parts of a recording in their order; none if there is no such recording.
   * @param {string} name
   * @returns {Promise<Part[]>}
   */
  async get(name) {
    return (await this.#do('readonly', (all) => all.get(name))) ?? [];
  }

  /**
   * Keeps the parts in place of those that were there; rejected if the browser has no room.
   * @param {string} name
   * @param {Part[]} parts
   */
  async put(name, parts) {
    await this.#do('readwrite', (all) => all.put(parts, name));
  }

  /**
   * @param {IDBTransactionMode} mode
   * @param {(all: IDBObjectStore) => IDBRequest} action
   * @returns {Promise<any>} what the request gives, once it is safe
   */
  async #do(mode, action) {
    const database = await this.#open();
    try {
      const transaction = database.transaction(store, mode);
      const request = action(transaction.objectStore(store));
      await new Promise((resolve, reject) => {
        transaction.oncomplete = resolve;
        transaction.onabort = () => reject(transaction.error);
      });
      return request.result;
    } finally {
      database.close();
    }
  }

  /** @returns {Promise<IDBDatabase>} */
  #open() {
    const request = this.#factory.open('videoio', 1);
    request.onupgradeneeded = () => request.result.createObjectStore(store);
    return new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  }
}
