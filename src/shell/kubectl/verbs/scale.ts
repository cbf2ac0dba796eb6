import { gather, throwIfAny } from '../builder.ts';
import { pathOf, withQuery } from '../client.ts';
import type { Call, Verb } from '../context.ts';
import { KubectlError, KubectlExit } from '../errors.ts';
import { outputFlags, resultPrinter } from '../printers/output.ts';
import { allFlag, dryRunFlag, dryRunOf, fileFlags, selectorFlags, writeQuery } from './shared.ts';

/** Waits until as many replicas are there as were asked for. */
async function scaled(call: Call, path: string, replicas: number): Promise<void> {
  const until = call.time.now() + call.flags.duration('timeout');
  while (((await call.client.get(path)).status?.replicas ?? 0) !== replicas) {
    if (call.time.now() >= until) throw new KubectlError('timed out waiting for the condition');
    await call.time.sleep(500, call.signal);
  }
}

async function run(call: Call): Promise<void> {
  const { flags } = call;
  if (!flags.changed.has('replicas')) throw new KubectlError('required flag(s) "replicas" not set');
  const replicas = flags.int('replicas');
  if (replicas < 0)
    throw new KubectlError('The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0');
  const { infos, errors } = await gather(call, { selector: flags.str('selector'), all: flags.bool('all') });
  throwIfAny(errors);
  for (const info of infos) {
    const current = flags.int('current-replicas');
    const path = pathOf(info.resource, info.namespace, info.name, 'scale');
    if (!info.resource.subresources.includes('scale')) {
      errors.push(new KubectlExit('Error from server (NotFound): the server could not find the requested resource'));
      continue;
    }
    if (current >= 0) {
      const live = await call.client.get(path);
      if ((live.spec?.replicas ?? 0) !== current)
        throw new KubectlError(`Expected replicas to be ${current}, was ${live.spec?.replicas ?? 0}`);
    }
    if (dryRunOf(call) !== 'client')
      await call.client.json(
        'PATCH',
        withQuery(path, writeQuery(call, '')),
        {
          ...(flags.str('resource-version') ? { metadata: { resourceVersion: flags.str('resource-version') } } : {}),
          spec: { replicas },
        },
        'application/merge-patch+json',
      );
    if (flags.duration('timeout') > 0 && dryRunOf(call) === 'none') await scaled(call, path, replicas);
    (await resultPrinter(call, 'scaled'))(info.object!, info.resource);
  }
  throwIfAny(errors);
}

export const scale: Verb = {
  name: 'scale',
  flags: [
    ...fileFlags,
    ...outputFlags,
    allFlag,
    dryRunFlag,
    selectorFlags[0]!,
    { name: 'current-replicas', type: 'int', default: '-1' },
    { name: 'replicas', type: 'int' },
    { name: 'resource-version', type: 'string' },
    { name: 'timeout', type: 'duration', default: '0s' },
  ],
  run,
};
