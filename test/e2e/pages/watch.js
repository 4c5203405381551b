// Put into a page that is not ours before its own scripts run: the recorder, and hands for the page's buttons.
import { hear, stats } from './record.js';

const element = (id) => document.getElementById(id) ?? (() => { throw new Error(`no #${id}`); })();

window.phone = {
  hear,
  stats,
  click: (id) => element(id).click(),
  text: (id) => element(id).textContent,
  visible: (id) => element(id).checkVisibility(),

  /** Resolves when the element's data attribute has one of the values. */
  wait(id, name, values, milliseconds) {
    return new Promise((resolve, reject) => {
      const deadline = performance.now() + milliseconds;
      const look = () => {
        const value = document.getElementById(id)?.dataset[name];
        if (values.includes(value)) resolve(value);
        else if (performance.now() < deadline) setTimeout(look, 50);
        else reject(new Error(`waited ${milliseconds} ms for #${id} data-${name} ${values}; it is ${value}; ${document.body?.innerText}`));
      };
      look();
    });
  },
};
