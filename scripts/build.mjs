// Bundles src/main.ts into dist/: main.js is what every start needs, dist/chunks/ what some of them load later. Runs on `npm ci`
// (prepare), so that the clone's bin works at once.
import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';

// Hundreds of small files that every start of the server would have to find and read: bundled. All others are loaded as they are.
const BUNDLED = new Set(['@modelcontextprotocol/sdk', 'zod', 'ajv', 'ajv-formats', 'commander']);
const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
/** Programs that started before may still load their chunks for this long. */
const OLD_CHUNKS_MS = 3_600_000;

// Built aside and moved into place, so that a program that starts meanwhile finds the old one or the new one whole.
const staging = `dist/.staging-${process.pid}`;
mkdirSync(`${staging}/chunks`, { recursive: true });
try {
  const { metafile } = await build({
    entryPoints: ['src/main.ts'],
    outdir: staging,
    bundle: true,
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: Object.keys(dependencies).filter((name) => !BUNDLED.has(name)),
    sourcemap: true,
    metafile: true,
    // What is bundled of CommonJS asks for Node's modules with require.
    banner: {
      js: "#!/usr/bin/env node\nimport { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);",
    },
    logLevel: 'warning',
  });
  chmodSync(`${staging}/main.js`, 0o755);
  writeFileSync(`${staging}/licenses.txt`, licenses(Object.keys(metafile.inputs)));
  mkdirSync('dist/chunks', { recursive: true });
  const built = readdirSync(`${staging}/chunks`);
  for (const name of [...built.map((chunk) => `chunks/${chunk}`), 'licenses.txt', 'main.js.map', 'main.js'])
    renameSync(`${staging}/${name}`, `dist/${name}`);
  for (const name of readdirSync('dist/chunks')) {
    const path = `dist/chunks/${name}`;
    const stat = statSync(path, { throwIfNoEntry: false });
    if (!built.includes(name) && stat && Date.now() - stat.mtimeMs > OLD_CHUNKS_MS) rmSync(path, { force: true });
  }
} finally {
  rmSync(staging, { recursive: true, force: true });
}

/** The licences of the packages that these source files are of: they ask to go with every copy. */
function licenses(paths) {
  const roots = new Set(paths.map((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]).filter(Boolean));
  return [...roots]
    .sort()
    .map((root) => {
      const { name, version, license } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'));
      const file = readdirSync(root).find((entry) => /^licen[cs]e(\.(md|txt))?$/i.test(entry));
      return `${name} ${version} (${license})\n\n${file ? readFileSync(`${root}/${file}`, 'utf8').trim() : ''}\n`;
    })
    .join('\n--------\n\n');
}
