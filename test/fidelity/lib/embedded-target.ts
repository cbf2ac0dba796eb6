import { createEmbeddedCluster } from '../../../src/cluster/embedded.ts';
import { createShell } from '../../../src/shell/index.ts';
import type { Target } from './target.ts';

/** The embedded cluster and our own kubectl, on virtual time. */
export async function embeddedTarget(seed: string): Promise<Target> {
  const cluster = createEmbeddedCluster(seed);
  const shell = createShell({ cluster });
  return {
    pollMs: 100,
    now: () => cluster.clock.now(),
    sleep: (ms) => cluster.clock.sleep(ms),
    request: (method, path, body, headers) =>
      cluster.request({
        method,
        path,
        body,
        headers: { accept: 'application/json', ...(body ? { 'content-type': 'application/json' } : {}), ...headers },
      }),
    async kubectl(namespace, line, stdin) {
      await shell.fs.writeFile('/tmp/stdin', stdin ?? '');
      const result = await shell.exec(`kubectl --namespace=${namespace} ${line} < /tmp/stdin`, { timeoutMs: 120_000 });
      return { stdout: result.stdout, stderr: result.stderr, exitCode: result.exitCode };
    },
    close: () => cluster.close(),
  };
}
