// Builds what the program serves into dist: for each page a folder with its script, its style sheet and the page
// itself; beside them the scripts that other people's pages load; and the licences of all that is inside.
//
//   dist/phone/        the web phone
//   dist/test/         whether this browser can call; it has the look of the phone
//   dist/account/      the accounts of click-to-call; it has the look of the phone
//   dist/SIPml-api.js  what pages made for sipML5 load
//   dist/videoio.js    VideoIO.swf for pages without Flash
//   dist/c2c.js        the click-to-call button
//   dist/licences.txt
//
// Beside each file that gzip makes much smaller is its gzip form, which browsers get.
import { build } from 'esbuild';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { constants, gzipSync } from 'node:zlib';

/** Pages: <name>/src/main.js becomes dist/<name>/<name>.js, and these files of <name>/src go beside it. */
const pages = [
  { name: 'phone', files: ['index.html', 'layout.css', 'phone.css', 'beside.css', 'favicon.svg'] },
  { name: 'test', files: ['index.html', 'test.css'] },
  { name: 'account', files: ['index.html', 'account.css'] },
];

/**
 * Scripts for a classic script tag, on any page: entry point and the name that they are served by.
 * @type {{ entry: string, name: string }[]}
 */
const scripts = [
  { entry: 'sipml/src/main.js', name: 'SIPml-api.js' },
  { entry: 'videoio/src/main.js', name: 'videoio.js' },
  { entry: 'c2c/src/main.js', name: 'c2c.js' },
];

const shared = {
  bundle: true,
  minify: true,
  target: 'es2022',
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
};

/** Empties dist, but for its .gitignore, which keeps the folder in git. */
async function emptyDist() {
  for (const name of await readdir('dist')) {
    if (name !== '.gitignore') await rm(`dist/${name}`, { recursive: true });
  }
}

/** @param {{ name: string, files: string[] }} page */
async function buildPage({ name, files }) {
  await mkdir(`dist/${name}`);
  for (const file of files) await cp(`${name}/src/${file}`, `dist/${name}/${file}`, { recursive: true });
  return build({
    ...shared,
    entryPoints: [`${name}/src/main.js`],
    outfile: `dist/${name}/${name}.js`,
    format: 'esm',
  });
}

/** @param {{ entry: string, name: string }} script */
async function buildScript({ entry, name }) {
  return build({ ...shared, entryPoints: [entry], outfile: `dist/${name}`, format: 'iife' });
}

/**
 * The npm packages that have a file in what was built.
 * @param {{ metafile: import('esbuild').Metafile }[]} results
 */
function packagesOf(results) {
  const names = results
    .flatMap(({ metafile }) => Object.keys(metafile.inputs))
    .map((path) => path.match(/.*node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1]);
  return [...new Set(names)].filter((name) => name !== undefined).sort();
}

/** @param {string} name of a package */
async function licenceOf(name) {
  const files = await readdir(`node_modules/${name}`);
  const file = files.find((each) => /^licen[cs]e/i.test(each));
  if (!file) throw new Error(`${name} has no licence file`);
  return `${name}\n\n${await readFile(`node_modules/${name}/${file}`, 'utf8')}\n`;
}

/** Puts a file's gzip form beside it, if that is smaller by a tenth at least. @param {string} file */
async function pack(file) {
  const plain = await readFile(file);
  const packed = gzipSync(plain, { level: constants.Z_BEST_COMPRESSION });
  if (packed.length < 0.9 * plain.length) await writeFile(`${file}.gz`, packed);
}

/** Packs all files of a folder and of the folders in it. @param {string} folder */
async function packAll(folder) {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) await packAll(path);
    else if (!entry.name.startsWith('.')) await pack(path);
  }
}

await emptyDist();
const results = await Promise.all([...pages.map(buildPage), ...scripts.map(buildScript)]);
const licences = await Promise.all(packagesOf(results).map(licenceOf));
await writeFile('dist/licences.txt', licences.join('\n'));
await packAll('dist');
