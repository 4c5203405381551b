// @ts-check
// Where a player is in the page, and under which name the page knows it.

/**
 * @typedef {object} Place
 * @property {string} name by which the page finds the player
 * @property {HTMLElement} element in which pictures are shown
 * @property {HTMLElement[]} elements that get the methods
 * @property {string} flashVars the first properties, as name=value&name=value
 */

/**
 * Puts a box in the place of the script tag.
 * @param {HTMLScriptElement} script
 * @returns {Place}
 */
export function replaced(script) {
  const element = takePlace(script, script.id);
  return { name: script.id, element, elements: [element], flashVars: script.getAttribute('flashvars') ?? '' };
}

/**
 * Puts a box in the place of an element, and lets document and window find it as they found the embed. An embed that
 * stays would be found before it.
 * @param {HTMLElement} tag
 * @param {string} name
 */
function takePlace(tag, name) {
  const box = newBox(tag);
  tag.replaceWith(box);
  box.id = name;
  for (const finder of [document, window]) {
    Object.defineProperty(finder, name, { value: box, configurable: true });
  }
  return box;
}

/** @param {HTMLElement} tag whose size the box has */
function newBox(tag) {
  const box = document.createElement('div');
  box.style.width = size(tag, 'width', 215);
  box.style.height = size(tag, 'height', 138);
  return box;
}

/**
 * @param {HTMLElement} tag
 * @param {string} attribute
 * @param {number} fallback in pixels
 */
function size(tag, attribute, fallback) {
  const value = tag.getAttribute(attribute) ?? '';
  return /^[0-9]{1,4}%$/.test(value) ? value : `${Number.parseInt(value, 10) || fallback}px`;
}

/**
 * Puts boxes in the place of what still names VideoIO.swf: an embed, the object around it, or an object alone. The page
 * may have kept one of them, so they all get the methods.
 * @param {ParentNode} root
 * @returns {Place[]}
 */
export function embedded(root) {
  /** @type {Map<string, HTMLElement[]>} */
  const byName = new Map();
  for (const each of root.querySelectorAll('object, embed')) {
    const element = /** @type {HTMLElement} */ (each);
    const name = element.id || element.getAttribute('name') || '';
    if (name && isVideoIO(element)) byName.set(name, [...(byName.get(name) ?? []), element]);
  }
  return [...byName].map(([name, elements]) => {
    const element = takePlace(elements[0], name);
    const flashVars = elements.map(flashVarsOf).find(Boolean) ?? '';
    return { name, element, elements: [element, ...elements], flashVars };
  });
}

/** @param {HTMLElement} element an object, with a param, or an embed, with an attribute */
function flashVarsOf(element) {
  const param = [...element.querySelectorAll('param')].find(({ name }) => name.toLowerCase() === 'flashvars');
  return element.getAttribute('flashvars') ?? param?.getAttribute('value') ?? '';
}

/** @param {HTMLElement} element an object or embed */
function isVideoIO(element) {
  const sources = [element.getAttribute('src'), element.getAttribute('data')];
  for (const param of element.querySelectorAll('param[name=movie]')) sources.push(param.getAttribute('value'));
  return sources.some((source) => /(^|\/)VideoIO[0-9.-]*(\.swf)?([?#]|$)/i.test(source ?? ''));
}
