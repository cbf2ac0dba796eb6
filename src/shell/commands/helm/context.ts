import type { ResolvedCommandContext } from 'just-bash';
import type { Cluster } from '../../../cluster/cluster.ts';
import { logged } from '../../../helm/engine.ts';
import { Helm } from '../../../helm/releases/actions.ts';
import type { ShellNetwork } from '../../network.ts';
import { utf8 } from '../command.ts';

/** What a helm command works with. */
export interface HelmContext {
  cluster: Cluster;
  helm: Helm;
  fs: ResolvedCommandContext['fs'];
  env: ResolvedCommandContext['env'];
  stdin: string;
  /** What repositories are reached over. */
  network: ShellNetwork;
  signal?: AbortSignal;
  /** Namespace of --namespace, $HELM_NAMESPACE or the current context. */
  namespace: string;
  resolve(path: string): string;
  /** Lines for stderr, e.g. slog warnings. */
  warn(line: string): void;
  /** What Go's log package prints, which helm hands to slog. */
  log(text: string): void;
}

export function helmContext(
  cluster: Cluster,
  ctx: ResolvedCommandContext,
  namespace: string,
  warnings: string[],
  network: ShellNetwork,
): HelmContext {
  return {
    cluster,
    helm: new Helm(cluster),
    fs: ctx.fs,
    env: ctx.env,
    network,
    stdin: utf8(ctx.stdin),
    ...(ctx.signal ? { signal: ctx.signal } : {}),
    namespace,
    resolve: (path) => normal(path.startsWith('/') ? path : `${ctx.cwd}/${path}`),
    warn: (line) => void warnings.push(`${line}\n`),
    log: (text) => void warnings.push(`level=INFO msg=${logged(text)}\n`),
  };
}

function normal(path: string): string {
  const out: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') out.pop();
    else out.push(part);
  }
  return `/${out.join('/')}`;
}
