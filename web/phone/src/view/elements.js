// Small steps in the page.

/** The element with this id; the page always has it. */
export const element = (id) => document.getElementById(id);

/** Sets a text only if it changes, so that a screen reader does not say it again. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Makes an element with properties and children; texts stay texts. */
export function make(name, properties = {}, ...children) {
  const node = Object.assign(document.createElement(name), properties);
  node.append(...children);
  return node;
}
