import { findAgent } from '../agents/index.ts';
import { drill } from '../mcp/drill.ts';
import { MemoryStore } from '../session/store.ts';
import type { CliEnv } from './env.ts';

interface Finding {
  check: string;
  ok: boolean;
  detail: string;
}

const PROBLEM = 'noop_detection_hotel_reservation-1';

/** Checks the runtime and runs one short session for real. Exit code 1 when something is not in order. */
export async function doctor(env: CliEnv, options: { json?: boolean }): Promise<number> {
  const findings = [node(), results(env), await session(env)];
  if (options.json) env.out(`${JSON.stringify(findings, null, 2)}\n`);
  else for (const { check, ok, detail } of findings) env.out(`${ok ? 'ok  ' : 'BAD '}  ${check}: ${detail}\n`);
  return findings.every((finding) => finding.ok) ? 0 : 1;
}

function node(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const ok = major > 20 || (major === 20 && minor >= 18);
  return {
    check: 'Node.js',
    ok,
    detail: ok ? process.versions.node : `${process.versions.node}; 20.18 or newer is needed`,
  };
}

function results(env: CliEnv): Finding {
  try {
    return { check: 'results', ok: true, detail: `${env.diskStore().results().length} finished sessions` };
  } catch (error) {
    return { check: 'results', ok: false, detail: String(error) };
  }
}

async function session(env: CliEnv): Promise<Finding> {
  const startMs = env.wallNow();
  try {
    const manager = env.createManager({ agent: 'reference', store: new MemoryStore() });
    const result = await drill(manager, findAgent('reference'), { problemId: PROBLEM, seed: 'doctor' }, env);
    const detail = `${result.outcome} in ${Math.round(env.wallNow() - startMs)} ms`;
    return { check: 'a session on the embedded cluster', ok: result.verdict.success, detail };
  } catch (error) {
    return { check: 'a session on the embedded cluster', ok: false, detail: String(error) };
  }
}
