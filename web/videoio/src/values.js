// @ts-check
// What the properties of a player are now. Who changes one tells the page.
import { properties } from './properties.js';

/** @typedef {import('./properties.js').Value} Value */

/** The kinds of values that pages hear of. */
const told = ['string', 'number', 'boolean'];

export class Values {
  /** @type {Map<string, Value>} */
  #values = new Map(Object.entries(properties).map(([name, { initial }]) => [name, initial]));
  #tell;

  /** @param {(change: { property: string, oldValue: Value, newValue: Value }) => void} tell */
  constructor(tell) {
    this.#tell = tell;
  }

  /**
   * Gives a property, or what is written about it; null for one that does not exist.
   * @param {string} name
   * @returns {Value}
   */
  get(name) {
    const asked = /^__doc__(.+)$/.exec(name)?.[1];
    if (asked !== undefined) return Object.hasOwn(properties, asked) ? properties[asked].doc : null;
    return this.#values.get(name) ?? null;
  }

  /** @param {string} name */
  is(name) {
    return this.#values.get(name) === true;
  }

  /** @param {string} name */
  number(name) {
    return Number(this.#values.get(name));
  }

  /**
   * Changes a property, whoever may, and tells the page if it was another.
   * @param {string} property
   * @param {Value} newValue
   */
  change(property, newValue) {
    const oldValue = this.get(property);
    if (Object.is(oldValue, newValue)) return;
    this.keep(property, newValue);
    if (told.includes(typeof newValue) || (newValue === null && told.includes(typeof oldValue))) {
      this.#tell({ property, oldValue, newValue });
    }
  }

  /**
   * Changes a property without a word.
   * @param {string} property
   * @param {Value} newValue
   */
  keep(property, newValue) {
    this.#values.set(property, newValue);
  }
}
