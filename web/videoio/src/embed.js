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
 * Puts an element in the place of the script tag, and lets document and window find it as they found the embed.
 * @param {HTMLScriptElement} script
 * @returns {Place}
 */
export function replaced(script) {
  const name = script.id;
  const element = document.createElement('div');
  element.style.width = size(script, 'width', 215);
  element.style.height = size(script, 'height', 138);
  script.replaceWith(element);
  element.id = name;
  for (const finder of [document, window]) {
    Object.defineProperty(finder, name, { value: element, configurable: true });
  }
  return { name, element, elements: [element], flashVars: script.getAttribute('flashvars') ?? '' };
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
 * Finds what still names VideoIO.swf: an embed, the object around it, or an object alone. Browsers without the plugin
 * show none of them, so a box for pictures comes behind.
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
    const box = document.createElement('div');
    elements[0].after(box);
    return { name, element: box, elements, flashVars: elements.map(flashVarsOf).find(Boolean) ?? '' };
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
