import { assertTyped, hasFiles, infoOf, throwIfAny } from '../builder.ts';
import { pathOf, withQuery } from '../client.ts';
import type { Call, Verb } from '../context.ts';
import { KubectlError } from '../errors.ts';
import { readManifests } from '../files.ts';
import { outputFlags, resultPrinter } from '../printers/output.ts';
import { located, withLastApplied } from './apply.ts';
import { generators } from './create-generators.ts';
import { editObjects } from './edit.ts';
import { sendRaw } from './raw.ts';
import { dryRunFlag, dryRunOf, fieldManagerFlag, fileFlags, validateFlag, writeQuery } from './shared.ts';

async function run(call: Call): Promise<void> {
  const { flags } = call;
  if (call.args.length > 0)
    throw new KubectlError(`Unexpected args: [${call.args.join(' ')}]\nSee 'kubectl create -h' for help and examples`);
  if (flags.str('raw')) return sendRaw(call, 'POST');
  if (!hasFiles(call)) throw new KubectlError('must specify one of -f and -k');
  if (flags.bool('edit')) return editFirst(call);
  const errors: Error[] = [];
  const print = await resultPrinter(call, 'created');
  for (const manifest of await readManifests(call)) {
    try {
      assertTyped(call, manifest);
      const info = await infoOf(call, manifest);
      const object = flags.bool('save-config') ? withLastApplied(info.object) : info.object;
      const made =
        dryRunOf(call) === 'client'
          ? object
          : await call.client.json('POST', withQuery(pathOf(info.resource, info.namespace), writeQuery(call)), object);
      print(made, info.resource);
    } catch (error) {
      errors.push(located(error as Error, manifest.source));
    }
  }
  throwIfAny(errors);
}

/** Each manifest is edited before it is created. */
async function editFirst(call: Call): Promise<void> {
  for (const manifest of await readManifests(call)) await editObjects(call, 'create', [await infoOf(call, manifest)]);
}

export const create: Verb = {
  name: 'create',
  flags: [
    ...fileFlags,
    ...outputFlags,
    dryRunFlag,
    validateFlag,
    fieldManagerFlag('kubectl-create'),
    { name: 'edit', type: 'bool' },
    { name: 'windows-line-endings', type: 'bool' },
    { name: 'raw', type: 'string' },
    { name: 'save-config', type: 'bool' },
    { name: 'selector', short: 'l', type: 'string' },
  ],
  run,
  subcommands: generators,
};
