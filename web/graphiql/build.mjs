// Bundles GraphiQL and its workers into dist/: same-origin files with stable relative names, no CDN, no inline script.
//
// Run `npm ci --ignore-scripts && npm run build`; commit dist/.
import { build } from 'esbuild';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, 'dist');

/**
 * Swaps Prettier's JavaScript parser and printer (600 KB), which GraphiQL loads only to indent the variables, for the
 * JSON formatter that is in the bundle anyway; and makes both names of Prettier's GraphQL plugin one file.
 */
const slimPrettier = {
  name: 'slim-prettier',
  setup({ onResolve }) {
    onResolve({ filter: /^prettier\// }, ({ path, importer }) => {
      if (importer.endsWith('utility/jsonc.js')) {
        return { path: join(here, 'src/format-json.js') };
      }
      if (path === 'prettier/parser-graphql' || path === 'prettier/plugins/graphql') {
        return { path: join(here, 'node_modules/prettier/plugins/graphql.mjs') };
      }
      return undefined;
    });
  },
};

async function bundle() {
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist);
  const { metafile } = await build({
    absWorkingDir: here,
    entryPoints: {
      entry: 'src/entry.jsx',
      'editor.worker': 'node_modules/monaco-editor/esm/vs/editor/editor.worker.js',
      'json.worker': 'node_modules/monaco-editor/esm/vs/language/json/json.worker.js',
      'graphql.worker': 'node_modules/monaco-graphql/esm/graphql.worker.js',
    },
    outdir: dist,
    entryNames: '[name]',
    chunkNames: 'chunk-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    minify: true,
    legalComments: 'none',
    metafile: true,
    define: { 'process.env.NODE_ENV': '"production"', process: 'undefined' },
    loader: { '.ttf': 'dataurl' },
    plugins: [slimPrettier],
  });
  return metafile;
}

/** The directory of the package that owns a bundled file, or null for our own sources. */
function packageOf(input) {
  const match = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input);
  return match && match[1];
}

/** Packages published without their licence text, and the package of the same repository and owner that has it. */
const licenceOf = {
  '@graphiql/plugin-doc-explorer': 'graphiql',
  '@graphiql/plugin-history': 'graphiql',
  'react-compiler-runtime': 'react',
  'react-remove-scroll-bar': 'react-remove-scroll',
};

function siblingLicence(name, license) {
  const sibling = licenceOf[name];
  const file = sibling && join(here, 'node_modules', sibling, 'LICENSE');
  if (!file || !existsSync(file)) throw new Error(`no licence text for ${name} (${license})`);
  return readFileSync(file, 'utf8').trim();
}

/** Writes the licence text of every package that ended up in the bundle. */
function writeLicences(metafile) {
  const used = new Set();
  for (const output of Object.values(metafile.outputs)) {
    for (const [input, { bytesInOutput }] of Object.entries(output.inputs)) {
      const owner = bytesInOutput > 0 && packageOf(input);
      if (owner) used.add(owner);
    }
  }
  const sections = [...used].sort().map(directory => {
    const root = join(here, directory);
    const { name, version, license } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const files = readdirSync(root).filter(file => /^(licen[cs]e|copying|notice|thirdparty)/i.test(file));
    const texts = files.map(file => readFileSync(join(root, file), 'utf8').trim());
    if (texts.length === 0) texts.push(siblingLicence(name, license));
    return `${'='.repeat(100)}\n${name} ${version} (${license})\n${'='.repeat(100)}\n\n${texts.join('\n\n')}\n`;
  });
  const head = 'The files beside this one are bundled from the packages below, each under its own licence.\n\n';
  writeFileSync(join(dist, 'THIRD_PARTY.txt'), head + sections.join('\n'));
}

/** Removes the style sheets of lazily loaded chunks: entry.css holds their rules already, and nothing loads them. */
function removeSpareStyles() {
  for (const file of readdirSync(dist)) {
    if (file.startsWith('chunk-') && file.endsWith('.css')) rmSync(join(dist, file));
  }
}

const metafile = await bundle();
removeSpareStyles();
writeLicences(metafile);
writeFileSync(join(dist, 'index.html'), readFileSync(join(here, 'src/index.html')));
