// Bundles src/main.ts into dist/main.js. Runs on `npm ci` (prepare), so that the clone's bin works at once.
import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { build } from 'esbuild';

// Built aside and moved into place, so that a program that starts meanwhile finds the old one or the new one whole.
const staging = `dist/.staging-${process.pid}`;
mkdirSync(staging, { recursive: true });
try {
  await build({
    entryPoints: ['src/main.ts'],
    outdir: staging,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    sourcemap: true,
    banner: { js: '#!/usr/bin/env node' },
    logLevel: 'warning',
  });
  chmodSync(`${staging}/main.js`, 0o755);
  for (const name of readdirSync(staging)) renameSync(`${staging}/${name}`, `dist/${name}`);
} finally {
  rmSync(staging, { recursive: true, force: true });
}
