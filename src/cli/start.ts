import { Dispatcher } from '../mcp/dispatch.ts';
import { type CliEnv, type ClusterOptions, targetOf } from './env.ts';

const HELP = [
  'Type shell commands (kubectl, helm, curl …) as in any terminal. Beyond that:',
  '  :task                     the description and instructions again',
  '  :logs <ns> <service>      get_logs       :metrics <ns> [min]  get_metrics     :traces <ns> [min]  get_traces',
  '  :submit <answer>          Yes | No | name,name | level / type | nothing for mitigation',
  '  :quit                     end without an answer',
].join('\n');

/** A person as the agent, in the terminal. Problem and tools are those of every agent. */
export async function start(
  env: CliEnv,
  problemId: string,
  options: { seed?: string } & ClusterOptions,
): Promise<number> {
  const manager = env.createManager({ agent: 'human', target: targetOf(options) });
  const dispatcher = new Dispatcher(manager, env.log);
  env.note('preparing …');
  const session = await manager.open({ problemId, seed: options.seed, progress: env.note });
  const task = (): string => {
    const { description, instructions } = session.summary([]);
    return `${description}\n\n${instructions}\n\n${HELP}\n`;
  };
  env.out(`${task()}\n`);
  while (session.open) {
    const line = await env.readLine(`${session.stage}> `);
    if (line === undefined || line.trim() === ':quit') {
      await session.abort('the person left');
      break;
    }
    if (line.trim() === '') continue;
    if (line.trim() === ':task') {
      env.out(task());
      continue;
    }
    const [tool, args] = toCall(line.trim(), session.stage);
    const reply = await dispatcher.call(tool, { ...args, session_id: session.id });
    env.out(reply.text.endsWith('\n') ? reply.text : `${reply.text}\n`);
  }
  if (session.result)
    env.out(`${JSON.stringify({ outcome: session.result.outcome, ...session.result.results }, null, 2)}\n`);
  return session.result?.outcome === 'scored' ? 0 : 1;
}

/** A line of the terminal as a tool call. */
function toCall(line: string, stage: string): [tool: string, args: Record<string, unknown>] {
  const [word = '', first = '', second = '5'] = line.split(/\s+/);
  switch (word) {
    case ':logs':
      return ['get_logs', { namespace: first, service: second }];
    case ':metrics':
      return ['get_metrics', { namespace: first, duration: Number(second) }];
    case ':traces':
      return ['get_traces', { namespace: first, duration: Number(second) }];
    case ':submit':
      return ['submit', { solution: toSolution(line.slice(word.length).trim(), stage) }];
    default:
      return ['exec_shell', { command: line }];
  }
}

function toSolution(text: string, stage: string): unknown {
  if (stage === 'localization') return text.split(/[\s,]+/).filter((name) => name !== '');
  if (stage === 'analysis') {
    const [system_level = '', ...rest] = text.split('/').map((part) => part.trim());
    return { system_level, fault_type: rest.join('/') };
  }
  return stage === 'mitigation' ? null : text;
}
