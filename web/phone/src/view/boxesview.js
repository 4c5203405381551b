// @ts-check
// Gives each box the buttons that show its help and fold it, and a narrow page its tabs.
import { rememberedFolds, rememberFolds, tabs } from '../boxes.js';
import { element, make } from './elements.js';

export class BoxesView {
  /** @type {HTMLElement[]} */
  #boxes = [...document.querySelectorAll('.box')].filter((box) => box instanceof HTMLElement);
  #folds = rememberedFolds();
  #tab = tabs[0].name;
  #inCall = false;

  constructor() {
    for (const box of this.#boxes) this.#complete(box);
    const used = tabs.filter(({ name }) => this.#boxes.some((box) => box.dataset.tab === name));
    element('tabs').replaceChildren(...used.map(({ name, words }) => this.#button(name, words)));
    this.show(this.#tab);
  }

  /**
   * A call that begins is shown.
   * @param {{ call: object | null }} phone
   */
  render({ call }) {
    if (call && !this.#inCall) this.show('call');
    this.#inCall = Boolean(call);
  }

  /**
   * Shows the boxes of a tab.
   * @param {string} tab
   */
  show(tab) {
    this.#tab = tab;
    for (const box of this.#boxes) box.classList.toggle('elsewhere', box.dataset.tab !== tab);
    for (const button of element('tabs').children) {
      if (button.id === `tab-${tab}`) button.setAttribute('aria-current', 'true');
      else button.removeAttribute('aria-current');
    }
  }

  /**
   * @param {string} name
   * @param {string} words
   */
  #button(name, words) {
    const badge = make('span', { id: `badge-${name}`, className: 'badge' });
    const button = make('button', { type: 'button', id: `tab-${name}` }, words, badge);
    button.addEventListener('click', () => this.show(name));
    return button;
  }

  /** @param {HTMLElement} box */
  #complete(box) {
    const head = box.querySelector('header');
    const help = box.querySelector('.help');
    if (!head || !(help instanceof HTMLElement)) throw new Error(`box ${box.id} has no header or no help`);
    const title = head.querySelector('h2, h1')?.textContent?.trim() ?? '';
    head.append(this.#asking(box, help, title));
    if (head.querySelector('h2')) head.append(this.#folding(box, title));
  }

  /**
   * @param {HTMLElement} box
   * @param {HTMLElement} help
   * @param {string} title
   */
  #asking(box, help, title) {
    help.id = `${box.id}-help`;
    const button = make('button', { type: 'button', className: 'corner asks', title: 'Help' }, '?');
    button.setAttribute('aria-controls', help.id);
    button.ariaLabel = `Help on ${title}`;
    button.ariaExpanded = 'false';
    button.addEventListener('click', () => {
      help.hidden = !help.hidden;
      button.ariaExpanded = String(!help.hidden);
    });
    return button;
  }

  /**
   * @param {HTMLElement} box
   * @param {string} title
   */
  #folding(box, title) {
    const button = make('button', { type: 'button', className: 'corner folds', title: 'Fold or unfold' });
    button.id = box.id.replace(/box$/, 'fold');
    button.ariaLabel = `Show ${title}`;
    /** @param {boolean} folded */
    const fold = (folded) => {
      box.classList.toggle('folded', folded);
      button.ariaExpanded = String(!folded);
    };
    fold(this.#folds.get(box.id) ?? box.dataset.folded !== undefined);
    button.addEventListener('click', () => {
      const folded = !box.classList.contains('folded');
      fold(folded);
      this.#folds.set(box.id, folded);
      rememberFolds(this.#folds);
    });
    return button;
  }
}
