import { type Child, SpawnError } from '../../process/os.ts';
import { noInput } from '../../process/pipe.ts';
import type { Task } from '../../process/task.ts';
import { Signal } from '../../process/task.ts';
import type { SimpleCommand } from './ast.ts';
import { isBuiltin } from './builtins.ts';
import { expandSingle, expandWords } from './expand.ts';
import { redirect } from './redirect.ts';
import { type Job, type Shell, ShellError } from './shell.ts';

/** Starts `cmd &` as a process of its own; false when it is no external command (then it runs as a subshell). */
export function* spawnBackground(sh: Shell, node: SimpleCommand): Task<boolean> {
  if (!node.name) return false;
  const name = yield* expandSingle(sh, node.name);
  if (isBuiltin(sh, name) || sh.functions.has(name) || node.assignments.some((assignment) => assignment.array))
    return false;
  const argv = yield* expandWords(sh, [node.name, ...node.args]);
  const saved = new Map(sh.fds);
  try {
    sh.fds.set(0, { input: undefined });
    yield* redirect(sh, node.redirections);
    const env = sh.environment();
    for (const { name, value } of node.assignments) env[name] = value ? yield* expandSingle(sh, value) : '';
    const child = sh.os.spawn(argv, {
      cwd: sh.cwd,
      env,
      stdin: sh.fds.get(0)?.input ?? noInput,
      stdout: sh.fds.get(1)?.output,
      stderr: sh.fds.get(2)?.output,
      background: true,
    });
    sh.addJob(jobOf(child), argv.join(' '));
    return true;
  } catch (error) {
    if (error instanceof SpawnError) return false;
    if (error instanceof ShellError && !error.fatal) {
      sh.complain(error.message);
      return true;
    }
    throw error;
  } finally {
    sh.fds = saved;
  }
}

function jobOf(child: Child): Omit<Job, 'number' | 'text'> {
  const job: Omit<Job, 'number' | 'text'> = {
    pid: child.pid,
    done: new Signal(),
    status: child.status?.code,
    kill(signal) {
      if (child.status) return false;
      child.kill(signal);
      return true;
    },
  };
  child.exited.subscribe(() => {
    job.status = child.status?.code ?? 0;
    job.signal = child.status?.signal;
    job.done.fire();
  });
  return job;
}
