import type { Cluster } from '../cluster/cluster.ts';
import { UserError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { ManagerDeps, SessionManager } from '../session/manager.ts';
import type { SessionStore } from '../session/store.ts';

/** What the commands need of the outside; built by main.ts. */
export interface CliEnv {
  version: string;
  log: Logger;
  out(text: string): void;
  error(text: string): void;
  /** Progress and remarks for people: on a terminal only, never on stdout. */
  note(text: string): void;
  isTerminal: boolean;
  /** Path of this program, to start itself as a child. */
  program: string;
  wallNow(): number;
  cloud: Pick<ManagerDeps, 'createCloud' | 'loadApp'>;
  createManager(
    options: Pick<ManagerDeps, 'agent' | 'stepsMax' | 'task' | 'pace'> & {
      store?: SessionStore;
      /** Work on this cluster instead of simulated ones. */
      target?: ClusterTarget;
    },
  ): SessionManager;
  /** A real cluster, for looking at it. */
  connect(target: ClusterTarget): Promise<Cluster>;
  /** Loads, while nothing else is to do, what the first simulated cluster needs. Has no other effect. */
  warmUp(): void;
  diskStore(directory?: string): SessionStore;
  /** Starts this program as a worker that takes lines and answers each with a line. */
  startWorker(args: string[]): Worker;
  /** Answers each line of stdin with a line on stdout, until stdin ends. */
  serveLines(answer: (line: string) => Promise<string>): Promise<void>;
  readLine(prompt: string): Promise<string | undefined>;
  onInterrupt(stop: () => void): void;
  /** Serves a simulated cluster on a loopback port; resolves when it accepts requests. */
  serveCluster(options: {
    seed: string;
    clock: 'wall' | 'stepped';
    speed?: number;
    port: number;
    app?: string;
    kubeconfig?: string;
    /** What the cluster has beside the usual, e.g. `metrics-server`. */
    with: readonly string[];
    progress(message: string): void;
  }): Promise<ServedCluster>;
  exit(code: number): void;
}

/** A real cluster: the path of a kubeconfig (empty for the user's own), and a context other than its current one. */
export interface ClusterTarget {
  kubeconfig: string;
  context?: string;
}

/** Options that name a real cluster. */
export interface ClusterOptions {
  cluster?: string;
  kubeconfig?: string;
  context?: string;
}

/**
 * What --cluster asks for, or its older spelling --kubeconfig and --context. `FILE`, `FILE:CONTEXT` or `:CONTEXT`, which takes the
 * user's own kubeconfig; a drive letter (`C:\\…`) is part of the file.
 */
export function targetOf({ cluster, kubeconfig, context }: ClusterOptions): ClusterTarget | undefined {
  if (cluster !== undefined) {
    if (kubeconfig !== undefined || context !== undefined)
      throw new UserError('INVALID_ARGUMENT', '--cluster stands alone', 'leave --kubeconfig and --context out');
    const [, file = '', wanted] = /^((?:[A-Za-z]:[\\/])?[^:]*)(?::(.+))?$/s.exec(cluster) ?? [];
    if (file === '' && wanted === undefined)
      throw new UserError(
        'INVALID_ARGUMENT',
        '--cluster needs a kubeconfig',
        '--cluster FILE or --cluster FILE:CONTEXT',
      );
    return { kubeconfig: file, context: wanted };
  }
  if (kubeconfig !== undefined) return { kubeconfig, context };
  if (context === undefined) return undefined;
  throw new UserError(
    'INVALID_ARGUMENT',
    '--context needs --kubeconfig',
    '--cluster :CONTEXT takes your own kubeconfig',
  );
}

export interface Worker {
  ask(line: string): Promise<string>;
  end(): void;
}

export interface ServedCluster {
  url: string;
  kubeconfig: string;
  close(): Promise<void>;
}
