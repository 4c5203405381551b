// Builds the page into dist: one script, one style sheet, the page itself, and the licences of what is in the script.
import { build } from 'esbuild';
import { access, copyFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';

const copied = ['index.html', 'phone.css', 'favicon.svg'];

/** Empties dist, but for its .gitignore, which keeps the folder in git. */
async function emptyDist() {
  for (const name of await readdir('dist')) {
    if (name !== '.gitignore') await rm(`dist/${name}`, { recursive: true });
  }
}

/** The npm packages that have a file in the script. */
function packagesOf(metafile) {
  const names = Object.keys(metafile.inputs)
    .map((path) => path.match(/.*node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1]);
  return [...new Set(names)].filter(Boolean).sort();
}

async function licenceOf(name) {
  const files = await readdir(`node_modules/${name}`);
  const file = files.find((each) => /^licen[cs]e/i.test(each));
  if (!file) throw new Error(`${name} has no licence file`);
  return `${name}\n\n${await readFile(`node_modules/${name}/${file}`, 'utf8')}\n`;
}

await access('dist/.gitignore');
await emptyDist();
const { metafile } = await build({
  entryPoints: ['src/main.js'],
  outfile: 'dist/phone.js',
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
});
for (const name of copied) await copyFile(`src/${name}`, `dist/${name}`);
const licences = await Promise.all(packagesOf(metafile).map(licenceOf));
await writeFile('dist/licences.txt', licences.join('\n'));
