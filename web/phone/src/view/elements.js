// @ts-check
// Small steps in the page.

/**
 * The element with this id, of the class that its user needs; the page always has it.
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} id
 * @param {new () => T} [kind]
 * @returns {T}
 */
export function element(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof (kind ?? HTMLElement))) throw new Error(`the page has no such element: ${id}`);
  return /** @type {T} */ (found);
}

/**
 * Sets a text only if it changes, so that a screen reader does not say it again.
 * @param {Element} node
 * @param {string} text
 */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * Fills a list anew. What has the focus in it keeps it, if it is still there by its id.
 * @param {Element} list
 * @param {...Node} children
 */
export function refill(list, ...children) {
  const focused = list.contains(document.activeElement) ? document.activeElement?.id : '';
  list.replaceChildren(...children);
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

/**
 * Makes an element with properties and children; texts stay texts.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} name
 * @param {Partial<HTMLElementTagNameMap[K]>} [properties]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(name, properties = {}, ...children) {
  const node = Object.assign(document.createElement(name), properties);
  node.append(...children);
  return node;
}
