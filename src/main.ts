// The composition root: the only place with the real clock, entropy, environment, disk and sockets.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { CliEnv } from './cli/env.ts';
import { main } from './cli/index.ts';
import { packageAssets } from './host/assets.ts';
import { disk, thisProcess } from './host/disk.ts';
import type { KubernetesTarget } from './host/kubernetes-cloud.ts';
import { stderrLogger } from './host/log.ts';
import { lineReader } from './host/terminal.ts';
import { startWorker } from './host/worker.ts';
import { DiskStore } from './session/disk-store.ts';
import { SessionManager } from './session/manager.ts';

const program = fileURLToPath(import.meta.url);
const root = join(dirname(program), '..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
const log = stderrLogger(process.env['AIOPSLAB_LOG']);
const home =
  process.env['AIOPSLAB_HOME'] ??
  join(process.env['XDG_STATE_HOME'] ?? join(homedir(), '.local', 'state'), 'aiopslab-mcp');
const assets = packageAssets(root);
const newId = (): string => randomBytes(16).toString('hex');
/** The simulator, the shell and helm are most of the program: they are loaded with the first cluster. */
const cloud: CliEnv['cloud'] = {
  createCloud: async (seed, app) => (await import('./host/cloud.ts')).createCloud(seed, app),
  loadApp: async (name) => (await import('./apps/index.ts')).loadApp(name, assets),
};
/** Clients ask for tools, resources and prompts right after the handshake; they are answered first. */
const WARM_UP_AFTER_MS = 300;
async function warmUp(): Promise<void> {
  await import('./session/session.ts');
  await import('./apps/deploy.ts');
  await import('./host/cloud.ts');
}
const diskStore: CliEnv['diskStore'] = (directory) =>
  new DiskStore(directory ?? join(home, 'sessions'), disk, Date.now);
// A reader that has left (`… | head`) is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
const interrupts: (() => void)[] = [];
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (interrupts.length === 0) process.exit(130);
    for (const stop of interrupts) stop();
  });
}

/** The Kubernetes client is large and most runs never need it: it is loaded with the first session on a real cluster. */
function onKubernetes(target: KubernetesTarget): CliEnv['cloud']['createCloud'] {
  let clouds: Promise<CliEnv['cloud']['createCloud']> | undefined;
  return async (seed, app) => {
    clouds ??= import('./host/kubernetes-cloud.ts').then(({ kubernetesClouds }) => kubernetesClouds(target, log));
    return (await clouds)(seed, app);
  };
}

const env: CliEnv = {
  version,
  log,
  out: (text) => void process.stdout.write(text),
  error: (text) => void process.stderr.write(text),
  note: (text) => void (process.stderr.isTTY && process.stderr.write(`\r\x1b[K${text}`)),
  isTerminal: process.stdout.isTTY === true,
  program,
  wallNow: Date.now,
  cloud,
  connect: async (target) => (await import('./host/kubernetes-cloud.ts')).connectKubernetes(target),
  warmUp: () => {
    // What cannot be loaded now is said by the session that needs it.
    setTimeout(() => warmUp().catch(() => {}), WARM_UP_AFTER_MS).unref();
  },
  diskStore,
  createManager: ({ store, target, ...options }) =>
    new SessionManager({
      ...cloud,
      ...(target ? { createCloud: onKubernetes(target) } : {}),
      ...options,
      store: store ?? diskStore(),
      wall: { now: Date.now, sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms).unref()) },
      owner: thisProcess,
      newId,
      versions: { 'aiopslab-mcp': version, node: process.versions.node },
      log,
    }),
  startWorker: (args) => startWorker(program, args),
  async serveLines(answer) {
    for await (const line of createInterface({ input: process.stdin })) process.stdout.write(`${await answer(line)}\n`);
  },
  readLine: lineReader(),
  onInterrupt: (stop) => void interrupts.push(stop),
  serveCluster: async (options) => {
    const { serveEmbedded } = await import('./host/serve-cluster.ts');
    const chart = (name: string): Record<string, string> => assets.folder(`charts/${name}`);
    return serveEmbedded({ ...options, loadApp: cloud.loadApp, chart, newToken: newId, log });
  },
  exit: (code) => process.exit(code),
};

process.exitCode = await main(env, process.argv.slice(2));
// An open stdin would keep the process.
process.stdin.destroy();
