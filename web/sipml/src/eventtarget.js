// @ts-check
import { invalidType, invalidValue } from './errors.js';

/** @typedef {(event: any) => void} Listener */

/**
 * What stacks and sessions tell their news by. As in sipML5 a type has one listener, the last that was added; one
 * for '*' hears all types that have none of their own. A listener that is added with { beside: true } takes
 * nobody's place.
 */
export class EventTarget {
  /** @type {Map<string, Listener>} */
  #listeners = new Map();
  /** @type {Map<string, Set<Listener>>} */
  #beside = new Map();

  /**
   * @param {string | string[]} type a type, several, or '*'
   * @param {Listener} listener
   * @param {{ beside?: boolean }} [options]
   */
  addEventListener(type, listener, options) {
    if (!listener) throw invalidValue("'listener' must not be null");
    if (!type) throw invalidValue("'type' must not be null");
    if (typeof type !== 'string' && !Array.isArray(type)) {
      throw invalidType("'type' must be a string or array");
    }
    for (const each of [type].flat()) {
      if (typeof each !== 'string' || !each) continue;
      if (options?.beside) this.#setOf(each).add(listener);
      else this.#listeners.set(each, listener);
    }
  }

  /**
   * @param {string} type
   * @param {Listener} [listener] one that was added with { beside: true }
   */
  removeEventListener(type, listener) {
    if (listener) this.#beside.get(type)?.delete(listener);
    else this.#listeners.delete(type);
  }

  /**
   * Tells the listeners of the type. What sipML5 does not have goes only to who names it, never to '*'.
   * @param {{ s_type: string, o_value: unknown, isAddition?: boolean }} news
   */
  dispatchEvent({ s_type: type, o_value: value, isAddition }) {
    const any = isAddition ? undefined : this.#listeners.get('*');
    const first = this.#listeners.get(type) ?? any;
    const more = [...(this.#beside.get(type) ?? []), ...((!isAddition && this.#beside.get('*')) || [])];
    for (const listener of more) queueMicrotask(() => listener.call(this, value));
    first?.call(this, value);
  }

  /** @param {string} type */
  #setOf(type) {
    const listeners = this.#beside.get(type) ?? new Set();
    this.#beside.set(type, listeners);
    return listeners;
  }
}
