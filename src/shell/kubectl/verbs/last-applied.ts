import { goYaml } from '../../../kube/go-yaml.ts';
import type { Json } from '../../../kube/object.ts';
import { gather, hasFiles, infoOf, MISSING, throwIfAny } from '../builder.ts';
import { pathOf, withQuery } from '../client.ts';
import type { Call } from '../context.ts';
import { KubectlError, UsageError } from '../errors.ts';
import { readManifests } from '../files.ts';
import { goJson } from '../printers/json.ts';
import { resultPrinter } from '../printers/output.ts';
import { LAST_APPLIED, withLastApplied } from './apply.ts';
import { dryRunOf, writeQuery } from './shared.ts';

export async function viewLastApplied(call: Call): Promise<void> {
  const format = call.flags.str('output');
  const { infos, errors } = await gather(call, {
    selector: call.flags.str('selector'),
    all: call.flags.bool('all'),
    live: true,
  });
  throwIfAny(errors);
  for (const { object } of infos) {
    const text = object!.metadata.annotations?.[LAST_APPLIED];
    // the real one means to complain of a missing annotation, and says nothing
    if (!text) continue;
    if (format === 'json') call.out(`${goJson(JSON.parse(text), 2)}\n`);
    else if (format === 'yaml') call.out(goYaml(JSON.parse(text)));
    else throw new UsageError(`Unexpected -o output mode: ${format}, the flag 'output' must be one of yaml|json`);
  }
}

/** Writes the manifest as it is into the annotation of the live object. */
export async function setLastApplied(call: Call): Promise<void> {
  if (!hasFiles(call)) throw new KubectlError(MISSING);
  const print = await resultPrinter(call, 'configured');
  for (const manifest of await readManifests(call)) {
    const info = await infoOf(call, manifest);
    const path = pathOf(info.resource, info.namespace, info.name);
    const live = (await call.client.get(path)) as Json;
    const before = live.metadata.annotations?.[LAST_APPLIED];
    if (before === undefined && !call.flags.bool('create-annotation'))
      throw new KubectlError(
        `no last-applied-configuration annotation found on resource: ${info.name}, to create the annotation, run the command with --create-annotation`,
      );
    const text = withLastApplied(info.object).metadata.annotations[LAST_APPLIED];
    if (before === text) {
      call.out(`set-last-applied ${info.name}: no changes required.\n`);
      continue;
    }
    const patch = { metadata: { annotations: { [LAST_APPLIED]: text } } };
    const type = 'application/merge-patch+json';
    const made =
      dryRunOf(call) === 'client'
        ? live
        : await call.client.json('PATCH', withQuery(path, writeQuery(call)), patch, type);
    print(made, info.resource);
  }
}
