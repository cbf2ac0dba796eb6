import { assertTyped, hasFiles, infoOf, throwIfAny } from '../builder.ts';
import { pathOf, withQuery } from '../client.ts';
import type { Call, Verb } from '../context.ts';
import { isNotFound, KubectlError } from '../errors.ts';
import { readManifests } from '../files.ts';
import { outputFlags, resultPrinter } from '../printers/output.ts';
import { located } from './apply.ts';
import { waitGone } from './delete.ts';
import { dryRunFlag, dryRunOf, fieldManagerFlag, fileFlags, validateFlag, writeQuery } from './shared.ts';

async function run(call: Call): Promise<void> {
  const { flags } = call;
  if (!hasFiles(call)) throw new KubectlError('must specify one of -f and -k');
  if (!flags.bool('force') && flags.int('grace-period') >= 0)
    throw new KubectlError('--grace-period must have --force specified');
  if (!flags.bool('force') && flags.duration('timeout') !== 0)
    throw new KubectlError('--timeout must have --force specified');
  const errors: Error[] = [];
  const print = await resultPrinter(call, 'replaced');
  for (const manifest of await readManifests(call)) {
    try {
      assertTyped(call, manifest);
      const info = await infoOf(call, manifest);
      const path = pathOf(info.resource, info.namespace, info.name);
      const sub = flags.str('subresource');
      if (!flags.bool('force')) {
        const object =
          dryRunOf(call) === 'client'
            ? info.object
            : await call.client.json('PUT', withQuery(sub ? `${path}/${sub}` : path, writeQuery(call)), info.object);
        print(object, info.resource);
        continue;
      }
      try {
        const gone = await call.client.json('DELETE', path, {
          apiVersion: 'v1',
          kind: 'DeleteOptions',
          propagationPolicy: 'Background',
          gracePeriodSeconds: flags.int('grace-period') >= 0 ? flags.int('grace-period') : undefined,
        });
        call.out(
          `${info.resource.kind.toLowerCase()}${info.resource.group ? `.${info.resource.group}` : ''} ${JSON.stringify(info.name)} deleted${info.namespace ? ` from ${info.namespace} namespace` : ''}\n`,
        );
        await waitGone(call, info, gone?.details?.uid ?? gone?.metadata?.uid, flags.duration('timeout'));
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
      const { resourceVersion: _version, uid: _uid, ...metadata } = info.object!.metadata;
      print(
        await call.client.json('POST', withQuery(pathOf(info.resource, info.namespace), writeQuery(call)), {
          ...info.object,
          metadata,
        }),
        info.resource,
      );
    } catch (error) {
      errors.push(flags.bool('force') ? (error as Error) : located(error as Error, manifest.source, 'replacing'));
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
    { name: 'cascade', type: 'string', default: 'background', bare: 'background', unsupported: true },
    { name: 'timeout', type: 'duration', default: '0s' },
    { name: 'save-config', type: 'bool', unsupported: true },
    { name: 'wait', type: 'bool', unsupported: true },
  ],
  run,
};
