import { spawn } from 'node:child_process';

export interface ServedCluster {
  url: string;
  kubeconfig: string;
  /** Ends it; its exit code. */
  stop(): Promise<number | null>;
}

/** `cluster up` in a process of its own, from the sources. */
export async function serveCluster(root: string, kubeconfig: string, options: string[] = []): Promise<ServedCluster> {
  const command = ['--import', 'tsx', 'src/main.ts', 'cluster', 'up', '--kubeconfig', kubeconfig, ...options];
  const child = spawn(process.execPath, command, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  const url = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
      const ready = /^ready (http\S+)/m.exec(text);
      if (ready) resolve(ready[1] as string);
    });
    child.on('exit', (code) => reject(new Error(`cluster up ended with ${code}`)));
  });
  return {
    url,
    kubeconfig,
    stop() {
      const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      return ended;
    },
  };
}
