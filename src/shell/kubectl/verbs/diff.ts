import { goYaml } from '../../../kube/go-yaml.ts';
import { unified } from '../../commands/filters.ts';
import { hasFiles, hideManagedFields, infoOf } from '../builder.ts';
import { pathOf, withQuery } from '../client.ts';
import type { Call, Verb } from '../context.ts';
import { errorText, isNotFound, KubectlError, KubectlExit, StatusError } from '../errors.ts';
import { readManifests } from '../files.ts';
import { applyPatch } from './apply.ts';
import { fieldManagerFlag, fileFlags, selectorFlags } from './shared.ts';

async function run(call: Call): Promise<number> {
  try {
    return await compare(call);
  } catch (error) {
    // 1 means that something differs
    if (error instanceof KubectlError || error instanceof StatusError) throw new KubectlExit(errorText(error), 2);
    throw error;
  }
}

async function compare(call: Call): Promise<number> {
  if (!hasFiles(call)) throw new KubectlExit('error: must specify one of -f and -k', 2);
  let changed = false;
  const folder = (name: string): string => `/tmp/${name}-${call.rng.uint32()}`;
  const [live, merged] = [folder('LIVE'), folder('MERGED')];
  const stamp = `${new Date(call.time.now()).toISOString().replace('T', ' ').replace('Z', '000000')} +0000`;
  const serverSide = call.flags.bool('server-side');
  const query = {
    dryRun: 'All',
    fieldManager: serverSide && !call.flags.changed.has('field-manager') ? 'kubectl' : call.flags.str('field-manager'),
    force: serverSide ? call.flags.bool('force-conflicts') : undefined,
  };
  for (const manifest of await readManifests(call)) {
    const info = await infoOf(call, manifest);
    const path = pathOf(info.resource, info.namespace, info.name);
    let before = '';
    let after: string;
    try {
      const current = await call.client.get(path);
      const { patch, type } = serverSide
        ? { patch: JSON.stringify(info.object), type: 'application/apply-patch+yaml' }
        : applyPatch(call, info, current, false);
      before = goYaml(hideManagedFields(current));
      after = goYaml(hideManagedFields(await call.client.json('PATCH', withQuery(path, query), patch, type)));
    } catch (error) {
      if (!isNotFound(error)) throw error;
      after = goYaml(
        hideManagedFields(
          await call.client.json('POST', withQuery(pathOf(info.resource, info.namespace), query), info.object),
        ),
      );
    }
    if (before === after) continue;
    changed = true;
    const file = `${info.resource.group ? `${info.resource.group}.` : ''}${info.resource.version}.${info.resource.kind}.${info.namespace ?? ''}.${info.name}`;
    const lines = (text: string): string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'));
    call.out(
      `diff -u -N ${live}/${file} ${merged}/${file}\n--- ${live}/${file}\t${stamp}\n+++ ${merged}/${file}\t${stamp}\n${unified(lines(before), lines(after))}`,
    );
  }
  return changed ? 1 : 0;
}

export const diff: Verb = {
  name: 'diff',
  flags: [
    ...fileFlags,
    selectorFlags[0]!,
    fieldManagerFlag('kubectl-client-side-apply'),
    { name: 'server-side', type: 'bool' },
    { name: 'force-conflicts', type: 'bool' },
    { name: 'prune', type: 'bool', unsupported: true },
  ],
  run,
};
