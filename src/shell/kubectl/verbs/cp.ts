import type { Call, Verb } from '../context.ts';
import { KubectlError } from '../errors.ts';
import { resolvePath } from '../files.ts';
import { assertRunning, execPod } from './exec.ts';
import { defaultContainer } from './logs.ts';

interface Place {
  pod?: string;
  namespace?: string;
  path: string;
}

function place(text: string): Place {
  const match = /^(?:([^/:]+)\/)?([^/:]+):(.*)$/.exec(text);
  return match ? { namespace: match[1], pod: match[2], path: match[3]! } : { path: text };
}

/** Single files, through `cat` in the container; folders are refused. */
async function run(call: Call): Promise<void> {
  if (call.args.length !== 2) throw new KubectlError('source and destination are required');
  const [from, to] = [place(call.args[0]!), place(call.args[1]!)];
  if (from.pod && to.pod) throw new KubectlError('one of src or dest must be a local file specification');
  const remote = from.pod ? from : to;
  if (!remote.pod) throw new KubectlError('one of src or dest must be a remote file specification');
  if (from.path === '' || to.path === '') throw new KubectlError('filepath can not be empty');
  if (remote.namespace) call.namespace = remote.namespace;
  const pod = await execPod(call, remote.pod);
  assertRunning(pod, 'exec into');
  const container = call.flags.str('container') || defaultContainer(pod, call.err);
  const send = (command: string[], stdin?: string) =>
    call.cluster.exec({ namespace: pod.metadata.namespace, pod: pod.metadata.name, container, command, stdin });
  if (from.pod) {
    const done = await send(['cat', from.path]);
    if (done.exitCode !== 0) throw new KubectlError(done.error?.message ?? done.stderr.trim());
    const local = resolvePath(call, to.path);
    const isDirectory = (await call.fs.exists(local)) && (await call.fs.stat(local)).isDirectory;
    return call.fs.writeFile(isDirectory ? `${local}/${from.path.split('/').at(-1)}` : local, done.stdout);
  }
  const source = resolvePath(call, from.path);
  if (!(await call.fs.exists(source))) throw new KubectlError(`${from.path} doesn't exist in local filesystem`);
  if ((await call.fs.stat(source)).isDirectory)
    throw new KubectlError('copying a directory is not supported in this shell: copy its files one by one');
  const script = 'if [ -d "$1" ]; then cat > "$1/$2"; else cat > "$1"; fi';
  const done = await send(
    ['sh', '-c', script, 'sh', to.path, from.path.split('/').at(-1)!],
    await call.fs.readFile(source),
  );
  if (done.exitCode !== 0)
    throw new KubectlError(
      done.error?.message ?? (done.stderr.trim() || `command terminated with exit code ${done.exitCode}`),
    );
}

export const cp: Verb = {
  name: 'cp',
  short: 'Copy files and directories to and from containers',
  usage: '<file-spec-src> <file-spec-dest>',
  flags: [
    { name: 'container', short: 'c', type: 'string' },
    { name: 'no-preserve', type: 'bool' },
    { name: 'retries', type: 'int' },
  ],
  run,
};
