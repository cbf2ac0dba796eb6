import { isDeepStrictEqual } from 'node:util';
import { gather, hasFiles, throwIfAny } from '../builder.ts';
import { pathOf, withQuery } from '../client.ts';
import type { Call, Verb } from '../context.ts';
import { KubectlError, StatusError } from '../errors.ts';
import { parseDocuments, readText } from '../files.ts';
import { patchLocally } from '../patches.ts';
import { outputFlags, resultPrinter } from '../printers/output.ts';
import { dryRunFlag, dryRunOf, fieldManagerFlag, fileFlags, writeQuery } from './shared.ts';

const TYPES: Record<string, string> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
};

/** JSON goes to the server as it is, which then finds its faults; YAML is converted here. */
function jsonOf(text: string): string {
  if (/^\s*[{[]/.test(text)) return text;
  try {
    return JSON.stringify(parseDocuments(text, 'patch')[0]);
  } catch (error) {
    const why = (error as Error).message.replace(/^error parsing patch: error converting YAML to JSON: /, '');
    throw new KubectlError(`unable to parse ${JSON.stringify(text)}: ${why}`);
  }
}

async function patchFile(call: Call): Promise<string> {
  return readText(call, call.flags.str('patch-file')).catch((error: Error) => {
    throw new KubectlError(`unable to read patch file: ${error.message}`);
  });
}

/** Go prints the core group's version after a slash. */
const gvkText = (groupVersion: string): string => (groupVersion.includes('/') ? groupVersion : `/${groupVersion}`);

async function run(call: Call): Promise<void> {
  const { flags } = call;
  const type = TYPES[flags.str('type')];
  if (flags.str('patch') && flags.str('patch-file'))
    throw new KubectlError('cannot specify --patch and --patch-file together');
  if (!flags.str('patch') && !flags.str('patch-file'))
    throw new KubectlError('must specify --patch or --patch-file containing the contents of the patch');
  if (!type)
    throw new KubectlError(`--type must be one of [json merge strategic], not ${JSON.stringify(flags.str('type'))}`);
  const text = flags.str('patch-file') ? await patchFile(call) : flags.str('patch');
  const body = jsonOf(text);
  const local = flags.bool('local');
  const { infos, errors } = await gather(call, { live: !local, local });
  const client = dryRunOf(call) === 'client' || local;
  const query = writeQuery(call);
  // of the two dry runs patch's results name only the client's
  if (!client) flags.set('dry-run', 'none');
  for (const info of infos) {
    try {
      const path = pathOf(info.resource, info.namespace, info.name, flags.str('subresource') || undefined);
      const patched = client
        ? patchLocally(info.object, JSON.parse(body), flags.str('type'))
        : await call.client.json('PATCH', withQuery(path, query), body, type);
      // what is read from a file is compared with the file
      const same = (client || !hasFiles(call)) && isDeepStrictEqual(patched, info.object);
      const { kind, apiVersion } = patched;
      const [group = ''] = apiVersion.includes('/') ? apiVersion.split('/') : [''];
      const resource = kind === info.resource.kind ? info.resource : { ...info.resource, kind, group };
      // a new printer for each: no lines between the documents
      const print = await resultPrinter(call, 'patched');
      print(patched, resource, same ? 'patched (no change)' : 'patched');
    } catch (error) {
      const media = error instanceof StatusError && error.reason === 'UnsupportedMediaType';
      const { groupVersion, kind } = info.resource;
      errors.push(
        media
          ? new KubectlError(`${type} is not supported by ${gvkText(groupVersion)}, Kind=${kind}: ${error.message}`)
          : (error as Error),
      );
    }
  }
  throwIfAny(errors);
}

export const patch: Verb = {
  name: 'patch',
  flags: [
    ...fileFlags,
    ...outputFlags,
    dryRunFlag,
    fieldManagerFlag('kubectl-patch'),
    { name: 'local', type: 'bool' },
    { name: 'patch', short: 'p', type: 'string' },
    { name: 'patch-file', type: 'string' },
    { name: 'subresource', type: 'string' },
    { name: 'type', type: 'string', default: 'strategic' },
  ],
  run,
};
