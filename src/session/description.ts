import { limits } from '../core/limits.ts';
import { tasks } from '../tasks/index.ts';
import { type Stage, stagesOf, type TaskType } from '../tasks/task.ts';

/** What the agent is told at the start: the application, and what is asked of it. Never names problem, family or fault. */
export function describe(application: string, task: TaskType): string {
  const stages = stagesOf(task);
  const asked = stages.map((stage) =>
    stages.length > 1 ? `${title(stage)}: ${tasks[stage].assignment}` : tasks[stage].assignment,
  );
  const intro =
    stages.length > 1
      ? 'You are the engineer on call. Work through four stages; each submit ends one and opens the next.'
      : 'You are the engineer on call for the application below.';
  return `${intro}\n\n${asked.join('\n')}\n\n${application}`;
}

/** How to work and how to answer, for one stage. */
export function instruct(stage: Stage): string {
  return [
    'Investigate with the tools; every call costs a step and some time in the cluster.',
    `get_logs, get_metrics and get_traces give telemetry; exec_shell runs kubectl, helm, curl and the usual text tools (up to ${limits.shellTimeoutSecondsMax} s a command, nothing interactive).`,
    `When you are sure, call submit once. Stage ${stage}: solution is ${tasks[stage].submission}.`,
  ].join('\n');
}

function title(stage: Stage): string {
  return stage[0]?.toUpperCase() + stage.slice(1);
}
