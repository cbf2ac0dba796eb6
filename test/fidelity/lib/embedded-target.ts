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
    async request(method, path, body, headers) {
      const answer = await cluster.request({
        method,
        path,
        body,
        headers: { accept: 'application/json', ...(body ? { 'content-type': 'application/json' } : {}), ...headers },
      });
      // Several headers of one name come as lines; the real target's client joins them.
      const joined = Object.entries(answer.headers).map(([name, value]) => [name, value.replaceAll('\n', ', ')]);
      return { status: answer.status, body: answer.body, headers: Object.fromEntries(joined) };
    },
    async kubectl(namespace, line, stdin) {
      await shell.fs.writeFile('/tmp/stdin', stdin ?? '');
      const result = await shell.exec(`kubectl --namespace=${namespace} ${line} < /tmp/stdin`, { timeoutMs: 120_000 });
      return { stdout: result.stdout, stderr: result.stderr, exitCode: result.exitCode };
    },
    close: () => cluster.close(),
  };
}
