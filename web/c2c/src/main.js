// @ts-check
// The script of a click-to-call button. It puts the button where its tag stands:
//
//   <script src="https://sip.example.com/c2c.js" data-to="alice@example.com" data-text="Call Alice"></script>
//
// data-to is whom to call; data-text and data-class are optional. The service must know the page's origin.
import { Button } from './button.js';

const tag = document.currentScript;
if (tag instanceof HTMLScriptElement && tag.dataset.to) {
  const { to, text, class: name } = tag.dataset;
  tag.after(...new Button({ service: new URL(tag.src).origin, to, text, class: name }).parts);
} else {
  console.error('c2c.js: the script tag has no data-to');
}
