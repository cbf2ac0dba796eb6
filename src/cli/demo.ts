import { connectStdio } from '../mcp/client.ts';
import { findProblem } from '../problems/index.ts';
import type { CliEnv } from './env.ts';

const PROBLEM = 'misconfig_app_hotel_res-mitigation-1';

/** A visible walk through one incident over MCP stdio: a scripted agent investigates, repairs and is scored. */
export async function demo(env: CliEnv): Promise<number> {
  const problem = findProblem(PROBLEM);
  const say = (text: string): void => env.out(`${text}\n`);
  say(`$ aiopslab-mcp serve          (an MCP server over stdio; problem ${PROBLEM}, seed demo)`);
  const client = await connectStdio(process.execPath, [env.program, 'serve']);
  try {
    const started = await client.call('start_problem', { problem_id: PROBLEM, seed: 'demo' });
    if (started.isError) throw new Error(started.text);
    const session = started.structured as { session_id: string; description: string };
    const session_id = session.session_id;
    say(`\nstart_problem → session ${session_id}\n\n${indent(session.description)}\n`);
    const step = async (tool: string, args: Record<string, unknown>): Promise<string> => {
      const shown = Object.values(args).map((value) => (typeof value === 'string' ? value : JSON.stringify(value)));
      say(`→ ${tool} ${shown.join(' ')}`);
      const answer = await client.call(tool, { ...args, session_id });
      say(`${indent(excerpt(answer.text))}\n`);
      return answer.text;
    };
    for (const command of problem.investigation) await step('exec_shell', { command });
    await step('get_traces', { namespace: 'test-hotel-reservation', duration: 5 });
    for (const command of problem.repairs[0]?.commands ?? []) await step('exec_shell', { command });
    await step('submit', { solution: null });
    const end = await client.call('end_session', { session_id });
    const result = end.structured as { outcome: string; results: { success?: boolean } };
    say(`Score: ${JSON.stringify(result.results)} (${result.outcome})`);
    return result.outcome === 'scored' && result.results.success === true ? 0 : 1;
  } finally {
    await client.close();
  }
}

/** The first and last lines of a long answer. */
function excerpt(text: string): string {
  const lines = text.trimEnd().split('\n');
  return lines.length <= 24
    ? lines.join('\n')
    : [...lines.slice(0, 14), `… ${lines.length - 20} lines …`, ...lines.slice(-6)].join('\n');
}

function indent(text: string): string {
  return text.replace(/^/gm, '    ');
}
