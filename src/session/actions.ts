import type { DeployedApp } from '../apps/index.ts';
import type { KubeClient } from '../cluster/client.ts';
import { UserError } from '../core/errors.ts';
import type { AgentShell } from '../shell/index.ts';
import { type AgentFiles, csvToTable, EXPORT_ROOT } from '../telemetry/files.ts';
import { serviceLog } from '../telemetry/logs.ts';
import { exportMetrics } from '../telemetry/metrics.ts';
import { exportTraces } from '../telemetry/traces.ts';
import type { ShellReply } from './agent-view.ts';

/** What the agent's tools do to the cluster. Write actions go through the agent's own kubectl, so that they answer as it does. */
export class AgentActions {
  readonly #kube: KubeClient;
  readonly #app: DeployedApp;
  readonly #shell: AgentShell;

  constructor(kube: KubeClient, app: DeployedApp, shell: AgentShell) {
    this.#kube = kube;
    this.#app = app;
    this.#shell = shell;
  }

  getLogs(namespace: string, service: string): Promise<string> {
    return serviceLog(this.#kube, namespace, service, this.#app.serviceLabel);
  }

  getMetrics(namespace: string, durationMinutes: number): Promise<string> {
    return exportMetrics(this.#kube, this.#files, namespace, durationMinutes);
  }

  readMetrics(path: string): Promise<string> {
    return this.#readTable(path, 'metrics', 'get_metrics');
  }

  getTraces(namespace: string, durationMinutes: number): Promise<string> {
    return exportTraces(this.#kube, this.#files, namespace, durationMinutes);
  }

  readTraces(path: string): Promise<string> {
    return this.#readTable(path, 'traces', 'get_traces');
  }

  async execShell(command: string, options: { timeoutS: number; signal?: AbortSignal }): Promise<ShellReply> {
    return this.#shell.exec(command, { timeoutMs: options.timeoutS * 1000, signal: options.signal });
  }

  scaleDeployment(namespace: string, name: string, replicas: number): Promise<string> {
    return this.#kubectl(['scale', 'deployment', name, `--replicas=${replicas}`, '-n', namespace]);
  }

  restartDeployment(namespace: string, name: string): Promise<string> {
    return this.#kubectl(['rollout', 'restart', `deployment/${name}`, '-n', namespace]);
  }

  rollbackDeployment(namespace: string, name: string, revision?: number): Promise<string> {
    const to = revision === undefined ? [] : [`--to-revision=${revision}`];
    return this.#kubectl(['rollout', 'undo', `deployment/${name}`, '-n', namespace, ...to]);
  }

  patchResource(namespace: string, kind: string, name: string, patch: unknown): Promise<string> {
    const type = Array.isArray(patch) ? 'json' : 'strategic';
    const scope = namespace === '' ? [] : ['-n', namespace];
    return this.#kubectl(['patch', kind, name, `--type=${type}`, '-p', JSON.stringify(patch), ...scope]);
  }

  get #files(): AgentFiles {
    const { fs } = this.#shell;
    return {
      async write(path, content) {
        try {
          await fs.mkdir(path.slice(0, path.lastIndexOf('/')), { recursive: true });
          await fs.writeFile(path, content);
        } catch (error) {
          // The agent owns these files, and may have put one of its own in the way.
          throw new UserError('CONFLICT', `error: cannot write ${path}: ${(error as Error).message}`, 'move it away');
        }
      },
      read: (path) => fs.readFile(path).catch(() => undefined),
    };
  }

  async #kubectl(args: string[]): Promise<string> {
    const command = ['kubectl', ...args.map(quote)].join(' ');
    const reply = await this.#shell.exec(command, { timeoutMs: 30_000 });
    return reply.stdout + reply.stderr;
  }

  /** Only exports can be read here: the agent's shell reads everything else. */
  async #readTable(path: string, what: string, exporter: string): Promise<string> {
    const full = path.startsWith('/') ? path : `${EXPORT_ROOT}/${path}`;
    const csv = await this.#files.read(full);
    if (csv === undefined) {
      throw new UserError(
        'NOT_FOUND',
        `error: ${what} file ${path} not found`,
        `${exporter} prints the paths it has written`,
      );
    }
    return csvToTable(csv);
  }
}

/** Paths of the exports in a shell's file system, sorted. */
export function exportedFiles({ fs }: AgentShell): string[] {
  const roots = ['metrics_output', 'trace_output'].map((folder) => `${EXPORT_ROOT}/${folder}/`);
  const isExport = (path: string): boolean => path.endsWith('.csv') && roots.some((root) => path.startsWith(root));
  return fs.getAllPaths().filter(isExport).sort();
}

function quote(arg: string): string {
  return `'${arg.replaceAll("'", `'\\''`)}'`;
}
