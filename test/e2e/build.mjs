// Bundles the test pages with the unmodified libraries into dist/.
import { build } from 'esbuild';
import { copyFile, mkdir, rm } from 'node:fs/promises';

const pages = ['loop', 'jssip', 'sipjs', 'sipml5', 'videoio', 'button'];
const scripts = [...pages, 'watch', 'axe'];

await rm('dist', { recursive: true, force: true });
await mkdir('dist');
await build({
  entryPoints: scripts.map((script) => `pages/${script}.js`),
  outdir: 'dist',
  bundle: true,
  format: 'iife',
  target: 'es2022',
  logLevel: 'warning',
});
for (const page of pages) {
  await copyFile(`pages/${page}.html`, `dist/${page}.html`);
}
await copyFile('node_modules/sipml/SIPml-api.js', 'dist/SIPml-api.js');
