import { goYaml } from '../../../kube/go-yaml.ts';
import type { Json } from '../../../kube/object.ts';
import { unified } from '../../commands/diff.ts';
import { hasFiles, hideManagedFields, type Info, infoOf } from '../builder.ts';
import { pathOf, type Resource, withQuery } from '../client.ts';
import type { Call, Verb } from '../context.ts';
import { errorText, isNotFound, KubectlError, KubectlExit, StatusError } from '../errors.ts';
import { readManifests } from '../files.ts';
import { logLine } from '../log.ts';
import { applyPatch } from './apply.ts';
import { findPrunable, pruneKinds } from './prune.ts';
import { fieldManagerFlag, fileFlags, selectorFlags } from './shared.ts';

/** One object before and after; a text is empty where there is none. */
interface Version {
  file: string;
  before: string;
  after: string;
}

async function run(call: Call): Promise<number> {
  try {
    return await compare(call);
  } catch (error) {
    // 1 means that something differs
    if (error instanceof KubectlError || error instanceof StatusError) throw new KubectlExit(errorText(error), 2);
    throw error;
  }
}

const fileOf = (resource: Resource, namespace: string | undefined, name: string): string =>
  `${resource.group ? `${resource.group}.` : ''}${resource.version}.${resource.kind}.${namespace ?? ''}.${name}`;

function textOf(call: Call, object: Json): string {
  return goYaml(call.flags.bool('show-managed-fields') ? object : hideManagedFields(object));
}

/** What applying a manifest would make of the object, by a dry run. */
async function versionOf(call: Call, info: Info): Promise<Version> {
  const { flags } = call;
  const serverSide = flags.bool('server-side');
  const query = {
    dryRun: 'All',
    fieldManager: serverSide && !flags.changed.has('field-manager') ? 'kubectl' : flags.str('field-manager'),
    force: serverSide ? flags.bool('force-conflicts') : undefined,
  };
  const path = pathOf(info.resource, info.namespace, info.name);
  const file = fileOf(info.resource, info.namespace, info.name);
  try {
    const current = await call.client.get(path);
    const { patch, type } = serverSide
      ? { patch: JSON.stringify(info.object), type: 'application/apply-patch+yaml' }
      : applyPatch(call, info, current, false);
    const after = await call.client.json('PATCH', withQuery(path, query), patch, type);
    return { file, before: textOf(call, current), after: textOf(call, after) };
  } catch (error) {
    if (error instanceof StatusError && error.reason === 'Conflict')
      call.err(
        `${logLine('W', call.time.now())} diff.go:721] Object (${info.resource.groupVersion}, Kind=${info.resource.kind}: ${info.name}) keeps changing, diffing without lock\n`,
      );
    if (!isNotFound(error)) throw error;
    const collection = withQuery(pathOf(info.resource, info.namespace), query);
    return { file, before: '', after: textOf(call, await call.client.json('POST', collection, info.object)) };
  }
}

async function compare(call: Call): Promise<number> {
  if (!hasFiles(call)) throw new KubectlExit('error: must specify one of -f and -k', 2);
  const kinds = call.flags.bool('prune') ? await pruneKinds(call) : undefined;
  const versions: Version[] = [];
  const infos: Info[] = [];
  for (const manifest of await readManifests(call)) {
    const info = await infoOf(call, manifest);
    infos.push(info);
    versions.push(await versionOf(call, info));
  }
  for (const { resource, namespace, object } of kinds ? await findPrunable(call, kinds, infos, true) : [])
    versions.push({
      file: fileOf(resource, namespace, object.metadata.name),
      before: textOf(call, object),
      after: '',
    });
  const folder = (name: string): string => `/tmp/${name}-${call.rng.uint32()}`;
  const [live, merged] = [folder('LIVE'), folder('MERGED')];
  const program = call.env.get('KUBECTL_EXTERNAL_DIFF');
  if (program) return external(call, program.split(' '), live, merged, versions);
  const stamp = `${new Date(call.time.now()).toISOString().replace('T', ' ').replace('Z', '000000')} +0000`;
  const never = '1970-01-01 00:00:00.000000000 +0000';
  const lines = (text: string): string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'));
  const changed = versions.filter(({ before, after }) => before !== after);
  for (const { file, before, after } of changed.sort((a, b) => (a.file < b.file ? -1 : 1)))
    call.out(
      `diff -u -N ${live}/${file} ${merged}/${file}\n--- ${live}/${file}\t${before === '' ? never : stamp}\n+++ ${merged}/${file}\t${after === '' ? never : stamp}\n${unified(lines(before), lines(after))}`,
    );
  return changed.length > 0 ? 1 : 0;
}

const SAFE_WORD = /^[a-zA-Z0-9-=]+$/;

/** KUBECTL_EXTERNAL_DIFF: a program that compares two folders; of its words only plain ones are passed on. */
async function external(
  call: Call,
  [program = '', ...words]: string[],
  live: string,
  merged: string,
  versions: Version[],
): Promise<number> {
  try {
    for (const [folder, side] of [
      [live, 'before'],
      [merged, 'after'],
    ] as const) {
      await call.fs.mkdir(folder, { recursive: true });
      for (const version of versions)
        if (version[side] !== '') await call.fs.writeFile(`${folder}/${version.file}`, version[side]);
    }
    const code = await call.runProgram?.([program, ...words.filter((word) => SAFE_WORD.test(word)), live, merged]);
    if (code === undefined)
      throw new KubectlError(
        `failed to run ${JSON.stringify(program)}: exec: ${JSON.stringify(program)}: executable file not found in $PATH`,
      );
    if (code > 1) throw new KubectlExit(`error: failed to run ${JSON.stringify(program)}: exit status ${code}`, code);
    return code;
  } finally {
    for (const folder of [live, merged]) await call.fs.rm(folder, { recursive: true, force: true });
  }
}

export const diff: Verb = {
  name: 'diff',
  flags: [
    ...fileFlags,
    selectorFlags[0]!,
    fieldManagerFlag('kubectl-client-side-apply'),
    { name: 'server-side', type: 'bool' },
    { name: 'force-conflicts', type: 'bool' },
    // requests here never run beside each other
    { name: 'concurrency', type: 'int', default: '1' },
    { name: 'show-managed-fields', type: 'bool' },
    { name: 'prune', type: 'bool' },
    { name: 'prune-allowlist', type: 'array' },
  ],
  run,
};
