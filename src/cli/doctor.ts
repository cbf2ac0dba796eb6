import { findAgent } from '../agents/index.ts';
import { drill } from '../mcp/drill.ts';
import { MemoryStore } from '../session/store.ts';
import type { Finding } from './doctor-cluster.ts';
import { type CliEnv, type ClusterOptions, targetOf } from './env.ts';

const PROBLEM = 'noop_detection_hotel_reservation-1';

const MARKS = { ok: 'ok  ', lacking: 'LACK', bad: 'BAD ' } as const;

/** Checks the runtime and runs one short session for real, or looks what a cluster lacks. Exit code 1 when something is not in order. */
export async function doctor(env: CliEnv, options: { json?: boolean } & ClusterOptions): Promise<number> {
  const target = targetOf(options);
  const findings = target ? await cluster(env, target) : [node(), results(env), await session(env)];
  const rows = findings.map((finding) => ({ ok: finding.state !== 'bad', ...finding }));
  if (options.json) env.out(`${JSON.stringify(rows, null, 2)}\n`);
  else {
    for (const { check, state, detail, mend } of findings)
      env.out(`${MARKS[state]}  ${check}: ${detail}\n${mend === undefined ? '' : `      ${mend}\n`}`);
  }
  return findings.some((finding) => finding.state === 'bad') ? 1 : 0;
}

async function cluster(env: CliEnv, target: NonNullable<ReturnType<typeof targetOf>>): Promise<Finding[]> {
  const connected = await env.connect(target);
  try {
    const { examineCluster } = await import('./doctor-cluster.ts');
    return await examineCluster(connected);
  } finally {
    await connected.close();
  }
}

function node(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const ok = major > 20 || (major === 20 && minor >= 18);
  return {
    check: 'Node.js',
    state: ok ? 'ok' : 'bad',
    detail: ok ? process.versions.node : `${process.versions.node}; 20.18 or newer is needed`,
  };
}

function results(env: CliEnv): Finding {
  try {
    return { check: 'results', state: 'ok', detail: `${env.diskStore().results().length} finished sessions` };
  } catch (error) {
    return { check: 'results', state: 'bad', detail: String(error) };
  }
}

async function session(env: CliEnv): Promise<Finding> {
  const startMs = env.wallNow();
  try {
    const manager = env.createManager({ agent: 'reference', store: new MemoryStore() });
    const result = await drill(manager, findAgent('reference'), { problemId: PROBLEM, seed: 'doctor' }, env);
    const detail = `${result.outcome} in ${Math.round(env.wallNow() - startMs)} ms`;
    return { check: 'a session on the embedded cluster', state: result.verdict.success ? 'ok' : 'bad', detail };
  } catch (error) {
    return { check: 'a session on the embedded cluster', state: 'bad', detail: String(error) };
  }
}
