import { bytesOf, textOf } from '../../../core/bytes.ts';
import { packTar, type TarEntry, TarError, unpackTar } from '../../../core/tar.ts';
import type { Call, Verb } from '../context.ts';
import { KubectlError, KubectlExit } from '../errors.ts';
import { resolvePath } from '../files.ts';
import { assertRunning, execPod } from './exec.ts';
import { defaultContainer } from './logs.ts';

interface Place {
  pod?: string;
  namespace?: string;
  path: string;
}

/** Runs a command in the container that the call means. */
type Send = (command: string[], stdin?: string) => ReturnType<Call['cluster']['exec']>;

function place(text: string): Place {
  const match = /^(?:([^/:]+)\/)?([^/:]+):(.*)$/.exec(text);
  return match ? { namespace: match[1], pod: match[2], path: match[3]! } : { path: text };
}

/** Go's path.Clean. */
function clean(path: string): string {
  const out: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..' && out.length > 0 && out.at(-1) !== '..') out.pop();
    else if (part !== '..' || !path.startsWith('/')) out.push(part);
  }
  return (path.startsWith('/') ? '/' : '') + out.join('/') || '.';
}

function baseName(path: string): string {
  return clean(path).split('/').at(-1) || '/';
}

function dirName(path: string): string {
  const full = clean(path);
  const at = full.lastIndexOf('/');
  return at < 0 ? '.' : full.slice(0, at) || '/';
}

/** What the container's side said when it failed: kubectl prints it as it comes and ends with its exit code. */
function assertRan(call: Call, done: Awaited<ReturnType<Send>>): void {
  if (done.error) {
    throw new KubectlExit(
      `error: Internal error occurred: ${done.error.message.replace(/^Internal error occurred: /, '')}`,
    );
  }
  if (done.exitCode !== 0 && done.exitCode !== undefined) {
    call.err(done.stderr);
    throw new KubectlExit(`command terminated with exit code ${done.exitCode}`, done.exitCode);
  }
}

async function localEntries(call: Call, path: string, name: string): Promise<TarEntry[]> {
  const stat = await call.fs.stat(path);
  const common = { mode: stat.mode, mtimeMs: stat.mtime.getTime() };
  if (!stat.isDirectory) return [{ ...common, name, type: 'file', data: await call.fs.readFileBuffer(path) }];
  const children = (await call.fs.readdir(path)).sort();
  const none = new Uint8Array();
  if (children.length === 0) return [{ ...common, name: `${name}/`, type: 'dir', data: none }];
  const out: TarEntry[] = [];
  for (const child of children) out.push(...(await localEntries(call, `${path}/${child}`, `${name}/${child}`)));
  return out;
}

/** `tar -xmf -` in the container, fed with the local file or folder. */
async function toPod(call: Call, from: string, to: string, send: Send): Promise<void> {
  const source = resolvePath(call, from);
  if (!(await call.fs.exists(source))) throw new KubectlError(`${from} doesn't exist in local filesystem`);
  const isDirectory = await send(['test', '-d', to]);
  const target = isDirectory.exitCode === 0 && !isDirectory.error ? `${clean(to)}/${baseName(from)}` : to;
  const archive = packTar(await localEntries(call, source, baseName(target)));
  const command = ['tar', ...(call.flags.bool('no-preserve') ? ['--no-same-permissions', '--no-same-owner'] : [])];
  const done = await send([...command, '-xmf', '-', '-C', dirName(target)], textOf(archive));
  assertRan(call, done);
}

/** `tar cf -` in the container, unpacked here. What tar says goes to standard output, as kubectl does it. */
async function fromPod(call: Call, from: Place, to: string, send: Send): Promise<void> {
  const done = await send(['tar', 'cf', '-', from.path]);
  if (done.error) assertRan(call, done);
  call.out(done.stderr);
  let entries: TarEntry[] = [];
  try {
    if (done.stdout !== '') entries = unpackTar(bytesOf(done.stdout));
  } catch (error) {
    if (error instanceof TarError) throw new KubectlError('tar contents corrupted');
    throw error;
  }
  const prefix = clean(from.path)
    .replace(/^\/+/, '')
    .replace(/^(\.\.\/?)+/, '');
  const root = resolvePath(call, to);
  for (const entry of entries) {
    const rest = prefix === '.' ? clean(entry.name) : entry.name.slice(prefix.length);
    const path = call.fs.resolvePath(root, `./${rest}`).replace(/(?<=.)\/$/, '');
    await unpackEntry(call, from, to, path, clean(`${to}/${rest}`), entry);
  }
}

async function unpackEntry(
  call: Call,
  from: Place,
  to: string,
  path: string,
  shown: string,
  entry: TarEntry,
): Promise<void> {
  if (entry.type === 'symlink') {
    call.err(
      `warning: skipping symlink: ${JSON.stringify(shown)} -> ${JSON.stringify(entry.target)} (consider using "kubectl exec -n ${JSON.stringify(from.namespace ?? '')} ${JSON.stringify(from.pod)} -- tar cf - ${JSON.stringify(from.path)} | tar xf -")\n`,
    );
    return;
  }
  if (entry.type === 'dir') {
    await call.fs.mkdir(path, { recursive: true });
    return;
  }
  await call.fs.mkdir(path.slice(0, path.lastIndexOf('/')) || '/', { recursive: true });
  if ((await call.fs.exists(path)) && (await call.fs.stat(path)).isDirectory) {
    throw new KubectlError(`open ${clean(path === resolvePath(call, to) ? to : shown)}: is a directory`);
  }
  await call.fs.writeFile(path, entry.data);
}

async function run(call: Call): Promise<void> {
  if (call.args.length !== 2) throw new KubectlError('source and destination are required');
  const [from, to] = [place(call.args[0]!), place(call.args[1]!)];
  if (from.pod && to.pod) throw new KubectlError('one of src or dest must be a local file specification');
  const remote = from.pod ? from : to;
  if (!remote.pod) throw new KubectlError('one of src or dest must be a remote file specification');
  if (from.path === '' || to.path === '') throw new KubectlError('filepath can not be empty');
  if (to.pod && !(await call.fs.exists(resolvePath(call, from.path))))
    throw new KubectlError(`${from.path} doesn't exist in local filesystem`);
  if (remote.namespace) call.namespace = remote.namespace;
  const pod = await execPod(call, remote.pod);
  assertRunning(pod, 'exec into');
  const container = call.flags.str('container') || defaultContainer(pod, call.err);
  const { namespace, name } = pod.metadata;
  const send: Send = (command, stdin) => call.cluster.exec({ namespace, pod: name, container, command, stdin });
  if (from.pod) await fromPod(call, from, to.path, send);
  else await toPod(call, from.path, to.path, send);
}

export const cp: Verb = {
  name: 'cp',
  flags: [
    { name: 'container', short: 'c', type: 'string' },
    { name: 'no-preserve', type: 'bool' },
    // an interrupted stream is taken up again; none is interrupted here
    { name: 'retries', type: 'int' },
  ],
  run,
};
