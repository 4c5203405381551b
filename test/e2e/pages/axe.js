// Put into a page beside watch.js: asks axe-core what people with a screen reader or a keyboard cannot use there.
import axe from 'axe-core';
import './watch.js';

/** What is wrong that matters: its impact, what it is, and where. */
window.phone.barriers = async () => {
  const { violations } = await axe.run(document, { resultTypes: ['violations'] });
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ impact, help, nodes }) => nodes.map((node) => `${impact}: ${help}: ${node.target.join(' ')} ${node.failureSummary}`));
};
