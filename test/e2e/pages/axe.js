// Put into a page beside watch.js: asks axe-core what people with a screen reader or a keyboard cannot use there, and
// looks for what everybody sees.
import axe from 'axe-core';
import './watch.js';

/** What is wrong that matters: its impact, what it is, and where. */
window.phone.barriers = async () => {
  const { violations } = await axe.run(document, { resultTypes: ['violations'] });
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ impact, help, nodes }) => nodes.map((node) => `${impact}: ${help}: ${node.target.join(' ')} ${node.failureSummary}`));
};

const seen = (selector) => [...document.querySelectorAll(selector)].filter((element) => element.checkVisibility());

/** Whether words of an element are not shown, for want of room. */
function isCut(element) {
  const { left, right, width, height } = element.getBoundingClientRect();
  if (width <= 1 || height <= 1 || !element.textContent.trim()) return false; // for screen readers
  const words = document.createRange();
  words.selectNodeContents(element);
  const isOutside = [...words.getClientRects()].some((each) => each.left < left - 0.1 || each.right > right + 0.1);
  return isOutside || element.scrollHeight > element.clientHeight + 1;
}

/** What is wrong to the eye: words that are cut, round pictures that are not round, fields of a row that are not even. */
window.phone.flaws = () => {
  const hides = (element) => getComputedStyle(element).overflowX === 'hidden';
  const cut = seen('main *').filter((element) => hides(element) && isCut(element));
  const box = (element) => element.getBoundingClientRect();
  const squashed = seen('.picture').filter((element) => Math.abs(box(element).width - box(element).height) > 1);
  const tops = (pair) => [...pair.children].map((label) => box(label.querySelector('input, select') ?? label).top);
  const uneven = seen('.pair').filter((pair) => Math.max(...tops(pair)) - Math.min(...tops(pair)) > 1);
  const wide = document.documentElement.scrollWidth > window.innerWidth ? ['the page is wider than the window'] : [];
  const told = (what, elements) => elements.map(({ id, textContent }) => `${what}: #${id} ${textContent.trim()}`);
  return [...told('cut', cut), ...told('not round', squashed), ...told('not even', uneven), ...wide];
};
