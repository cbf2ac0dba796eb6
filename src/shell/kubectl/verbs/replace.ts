import type { Json } from '../../../kube/object.ts';
import { assertTyped, hasFiles, type Info, infoOf, throwIfAny } from '../builder.ts';
import { pathOf, withQuery } from '../client.ts';
import type { Call, Verb } from '../context.ts';
import { isNotFound, KubectlError } from '../errors.ts';
import { readManifests } from '../files.ts';
import { outputFlags, resultPrinter } from '../printers/output.ts';
import { located, withLastApplied } from './apply.ts';
import { propagationOf, waitGone } from './delete.ts';
import { sendRaw } from './raw.ts';
import { dryRunFlag, dryRunOf, fieldManagerFlag, fileFlags, validateFlag, writeQuery } from './shared.ts';

async function run(call: Call): Promise<void> {
  const { flags } = call;
  if (flags.str('raw')) return sendRaw(call, 'PUT');
  if (!hasFiles(call)) throw new KubectlError('must specify one of -f and -k');
  if (!flags.bool('force') && flags.int('grace-period') >= 0)
    throw new KubectlError('--grace-period must have --force specified');
  if (!flags.bool('force') && flags.duration('timeout') !== 0)
    throw new KubectlError('--timeout must have --force specified');
  const errors: Error[] = [];
  const forced: Info[] = [];
  const print = await resultPrinter(call, 'replaced');
  for (const manifest of await readManifests(call)) {
    try {
      assertTyped(call, manifest);
      const info = await infoOf(call, manifest);
      if (flags.bool('save-config')) info.object = withLastApplied(info.object);
      if (flags.bool('force')) {
        forced.push(info);
        continue;
      }
      const path = pathOf(info.resource, info.namespace, info.name, flags.str('subresource') || undefined);
      const object =
        dryRunOf(call) === 'client'
          ? info.object
          : await call.client.json('PUT', withQuery(path, writeQuery(call)), info.object);
      print(object, info.resource);
    } catch (error) {
      errors.push(flags.bool('force') ? (error as Error) : located(error as Error, manifest.source, 'replacing'));
    }
  }
  throwIfAny(errors);
  if (flags.bool('force')) await recreateAll(call, forced, print);
}

/** --force: all are deleted, then all are made anew. */
async function recreateAll(
  call: Call,
  infos: Info[],
  print: (object: Json, resource: Info['resource']) => void,
): Promise<void> {
  const { flags } = call;
  const gone: { info: Info; uid: string | undefined }[] = [];
  for (const info of infos) {
    const { kind, group } = info.resource;
    try {
      const answer = await call.client.json('DELETE', pathOf(info.resource, info.namespace, info.name), {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        propagationPolicy: propagationOf(flags.str('cascade')),
        gracePeriodSeconds: flags.int('grace-period') >= 0 ? flags.int('grace-period') : undefined,
      });
      const where = info.namespace ? ` from ${info.namespace} namespace` : '';
      call.out(`${kind.toLowerCase()}${group ? `.${group}` : ''} ${JSON.stringify(info.name)} deleted${where}\n`);
      gone.push({ info, uid: answer?.details?.uid ?? answer?.metadata?.uid });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
  for (const { info, uid } of gone) await waitGone(call, info, uid, flags.duration('timeout'));
  const errors: Error[] = [];
  for (const info of infos) {
    const { resourceVersion: _version, uid: _uid, ...metadata } = info.object!.metadata;
    const collection = withQuery(pathOf(info.resource, info.namespace), writeQuery(call));
    try {
      print(await call.client.json('POST', collection, { ...info.object, metadata }), info.resource);
    } catch (error) {
      errors.push(error as Error);
    }
  }
  throwIfAny(errors);
}

export const replace: Verb = {
  name: 'replace',
  flags: [
    ...fileFlags,
    ...outputFlags,
    dryRunFlag,
    validateFlag,
    fieldManagerFlag('kubectl-replace'),
    { name: 'force', type: 'bool' },
    { name: 'grace-period', type: 'int', default: '-1' },
    { name: 'subresource', type: 'string' },
    { name: 'cascade', type: 'string', default: 'background', bare: 'background' },
    { name: 'timeout', type: 'duration', default: '0s' },
    { name: 'raw', type: 'string' },
    { name: 'save-config', type: 'bool' },
    // replacing by force waits in any case
    { name: 'wait', type: 'bool' },
  ],
  run,
};
