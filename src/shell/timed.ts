import { type CustomCommand, defineCommand, parse, type ScriptNode, type TransformPlugin } from 'just-bash';

const MARK = '__time';

/** The parts of a syntax tree that {@link timedOnClock} touches. */
interface Node {
  type?: string;
  timed?: boolean;
  timePosix?: boolean;
  commands?: unknown[];
}

/**
 * Lets the keyword `time` measure the cluster's time. The interpreter would measure its own on the host's clock, so each timed pipeline becomes
 * a group that notes the time before and tells it after.
 */
export function timedOnClock(now: () => number): { plugin: TransformPlugin; command: CustomCommand } {
  const started: number[] = [];
  const command = defineCommand(
    MARK,
    async ([status, format]) => {
      if (status === undefined) {
        started.push(now());
        return { stdout: '', stderr: '', exitCode: 0 };
      }
      const seconds = (now() - (started.pop() ?? now())) / 1000;
      return { stdout: '', stderr: format === 'posix' ? posix(seconds) : verbose(seconds), exitCode: Number(status) };
    },
    { trusted: true },
  );
  const plugin: TransformPlugin = {
    name: 'time',
    transform: ({ ast }) => {
      rewrite(ast);
      return { ast };
    },
  };
  return { plugin, command };
}

function rewrite(value: unknown): void {
  if (Array.isArray(value)) {
    for (const item of value) rewrite(item);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  for (const child of Object.values(value)) rewrite(child);
  const node = value as Node;
  if (node.type !== 'Pipeline' || !node.timed) return;
  const measured = { ...node, timed: false, timePosix: false };
  const wrapper = parse(`{ ${MARK}; :; ${MARK} "$?" ${node.timePosix ? 'posix' : ''}; }`);
  const group = outerPipeline(wrapper).commands?.[0] as { body: { pipelines: unknown[] }[] };
  (group.body[1] as { pipelines: unknown[] }).pipelines = [measured];
  Object.assign(node, outerPipeline(wrapper), { timed: false, timePosix: false });
}

function outerPipeline(script: ScriptNode): Node {
  return script.statements[0]?.pipelines[0] as Node;
}

/** bash's three lines; nothing here spends processor time of its own. */
function verbose(seconds: number): string {
  return `\nreal\t${Math.floor(seconds / 60)}m${(seconds % 60).toFixed(3)}s\nuser\t0m0.000s\nsys\t0m0.000s\n`;
}

function posix(seconds: number): string {
  return `real ${seconds.toFixed(2)}\nuser 0.00\nsys 0.00\n`;
}
