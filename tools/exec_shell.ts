import { z } from 'zod';
import { limits } from '../src/core/limits.ts';
import { agentTool, CHANGES } from './tool.ts';

export const execShell = agentTool({
  name: 'exec_shell',
  title: 'Run a shell command',
  description:
    'Runs a command in a bash beside the cluster, with kubectl, helm, curl, jq, awk, grep and the like. Files and variables set with export stay for the session; nothing interactive. Waiting costs virtual time only.',
  input: {
    command: z.string().min(1).max(limits.shellCommandCharsMax).describe('The command, e.g. kubectl get pods -A'),
    timeout_s: z
      .number()
      .min(1)
      .max(limits.shellTimeoutSecondsMax)
      .default(limits.shellTimeoutSecondsDefault)
      .describe('Seconds of cluster time after which the command is cut; what it printed so far is returned'),
  },
  annotations: CHANGES,
  async handle(view, { command, timeout_s }, call) {
    const reply = await view.execShell(command, { timeoutS: timeout_s, signal: call.signal });
    const parts = [reply.stdout];
    if (reply.stderr) parts.push(reply.stderr);
    let text = parts.filter((part) => part !== '').join(reply.stdout.endsWith('\n') ? '' : '\n');
    if (reply.timedOut)
      text += `${text === '' || text.endsWith('\n') ? '' : '\n'}[timed out after ${timeout_s} s; partial output above]\n`;
    else if (reply.exitCode !== 0)
      text += `${text === '' || text.endsWith('\n') ? '' : '\n'}[exit code ${reply.exitCode}]\n`;
    return { text };
  },
});
