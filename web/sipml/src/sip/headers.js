// @ts-check

/** @typedef {{ name: string, value?: string, session?: boolean }} Header */

/** A header cannot hold what would end it. @param {string} text */
const oneLine = (text) => text.replace(/[\r\n]+/g, ' ');

/**
 * Headers that the page adds to requests. One of a name takes the place of those set before; without a value it
 * removes them. With session: false it goes on the next request only.
 */
export class Headers {
  /** @type {Map<string, Header[]>} */
  #byName = new Map();

  /** @param {Header[] | undefined} headers */
  set(headers) {
    const given = (headers ?? []).filter(isHeader);
    for (const { name } of given) this.#byName.delete(name.toLowerCase());
    for (const header of given) {
      if (header.value) this.#byName.set(header.name.toLowerCase(), [...this.#named(header.name), header]);
    }
  }

  /**
   * Lines for a request, with those of another set that have no namesake here.
   * @param {Headers} [others]
   */
  lines(others) {
    const own = [...this.#byName.values()].flat();
    const rest = others
      ? [...others.#byName].filter(([name]) => !this.#byName.has(name)).flatMap(([, all]) => all)
      : [];
    return [...own, ...rest].map(({ name, value }) => `${oneLine(name)}: ${oneLine(value ?? '')}`);
  }

  /** Forgets what was for one request, once it has left. */
  sent() {
    for (const [name, headers] of this.#byName) {
      const staying = headers.filter(({ session }) => session !== false);
      if (staying.length > 0) this.#byName.set(name, staying);
      else this.#byName.delete(name);
    }
  }

  /** @param {string} name */
  #named(name) {
    return this.#byName.get(name.toLowerCase()) ?? [];
  }
}

/** @param {any} header */
function isHeader(header) {
  return (
    header && typeof header.name === 'string' && header.name && (!header.value || typeof header.value === 'string')
  );
}
