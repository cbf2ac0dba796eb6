import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

/** What every start of the server loads before it answers: its entry, and what `serve` brings. */
const ENTRIES = ['src/main.ts', 'src/cli/serve.ts'];

test('a server answers the handshake without the simulator, the shell and helm', async () => {
  const { metafile } = await build({
    absWorkingDir: fileURLToPath(new URL('../../..', import.meta.url)),
    entryPoints: ENTRIES,
    outdir: 'unwritten',
    write: false,
    metafile: true,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
  });
  const reached = new Set<string>(ENTRIES);
  for (const path of reached) {
    for (const { path: target, kind } of metafile.inputs[path]?.imports ?? [])
      if (kind === 'import-statement') reached.add(target);
  }
  const heavy =
    /^src\/(sim|shell|kube|evaluators|session\/session)|^src\/helm\/(?!releases\/kube\.ts)|^(just-bash|yaml|ws|pino)$/;
  expect([...reached].filter((path) => heavy.test(path))).toEqual([]);
  const bytes = [...reached].reduce((sum, path) => sum + (metafile.inputs[path]?.bytes ?? 0), 0);
  expect(bytes).toBeLessThan(400_000);
});
