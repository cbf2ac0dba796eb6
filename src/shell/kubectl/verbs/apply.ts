import { goYaml } from '../../../kube/go-yaml.ts';
import { clone, type Json } from '../../../kube/object.ts';
import { assertTyped, gather, type Info, infoOf, throwIfAny } from '../builder.ts';
import { displayName, pathOf, withQuery } from '../client.ts';
import type { Call, Verb } from '../context.ts';
import { isNotFound, KubectlError, StatusError } from '../errors.ts';
import { readManifests } from '../files.ts';
import { goJson } from '../printers/json.ts';
import { outputFlags, resultPrinter } from '../printers/output.ts';
import { threeWay, typeOf } from '../three-way.ts';
import {
  allFlag,
  dryRunFlag,
  dryRunOf,
  fieldManagerFlag,
  fileFlags,
  selectorFlags,
  validateFlag,
  writeQuery,
} from './shared.ts';

export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** The object with its own text as last-applied annotation, as client-side apply sends it. */
export function withLastApplied(object: Json): Json {
  const bare = clone(object);
  bare.metadata ??= {};
  bare.metadata.annotations = { ...bare.metadata.annotations };
  delete bare.metadata.annotations[LAST_APPLIED];
  const text = `${goJson(bare)}\n`;
  bare.metadata.annotations[LAST_APPLIED] = text;
  return bare;
}

/** The patch that client-side apply would send for the live object; empty when nothing is to do. */
export function applyPatch(info: Info, live: Json, annotate = true): { patch: Json; type: string } {
  const modified = withLastApplied(info.object);
  if (!annotate) delete modified.metadata.annotations[LAST_APPLIED];
  const before = live.metadata.annotations?.[LAST_APPLIED];
  const original = before ? JSON.parse(before) : {};
  const schema = typeOf(info.resource.groupVersion, info.resource.name);
  const patch = threeWay(original, modified, live, schema);
  delete patch.apiVersion;
  delete patch.kind;
  if (patch.status !== undefined && modified.status === undefined) delete patch.status;
  return { patch, type: schema ? 'application/strategic-merge-patch+json' : 'application/merge-patch+json' };
}

function conflictText(error: StatusError): KubectlError {
  const hint = `Please review the fields above--they currently have other managers. Here
are the ways you can resolve this warning:
* If you intend to manage all of these fields, please re-run the apply
  command with the \`--force-conflicts\` flag.
* If you do not intend to manage all of the fields, please edit your
  manifest to remove references to the fields that should keep their
  current managers.
* You may co-own fields by updating your manifest to match the existing
  value; in this case, you'll become the manager if the other manager(s)
  stop managing the field (remove it from their configuration).
See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts`;
  return new KubectlError(`${error.message}\n${hint}`);
}

type Print = (object: Json, resource: Info['resource'], what?: string) => void;

async function serverSide(call: Call, info: Info, print: Print): Promise<void> {
  const query = {
    ...writeQuery(call, call.flags.changed.has('field-manager') ? call.flags.str('field-manager') : 'kubectl'),
    force: call.flags.bool('force-conflicts'),
  };
  try {
    const path = withQuery(pathOf(info.resource, info.namespace, info.name), query);
    print(
      await call.client.json('PATCH', path, JSON.stringify(info.object), 'application/apply-patch+yaml'),
      info.resource,
      'serverside-applied',
    );
  } catch (error) {
    if (error instanceof StatusError && error.reason === 'Conflict') throw conflictText(error);
    throw error;
  }
}

async function clientSide(call: Call, info: Info, print: Print): Promise<void> {
  let live: Json;
  try {
    live = await call.client.get(pathOf(info.resource, info.namespace, info.name));
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  const dry = dryRunOf(call) === 'client';
  const query = writeQuery(call, call.flags.str('field-manager'));
  if (!live) {
    const object = withLastApplied(info.object);
    print(
      dry ? object : await call.client.json('POST', withQuery(pathOf(info.resource, info.namespace), query), object),
      info.resource,
      'created',
    );
    return;
  }
  if (live.metadata.annotations?.[LAST_APPLIED] === undefined)
    call.err(
      `Warning: resource ${info.resource.name}/${info.name} is missing the ${LAST_APPLIED} annotation which is required by kubectl apply. kubectl apply should only be used on resources created declaratively by either kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically.\n`,
    );
  const { patch, type } = applyPatch(info, live);
  if (Object.keys(patch).length === 0) return print(live, info.resource, 'unchanged');
  if (dry) return print(live, info.resource, 'configured');
  const after = await call.client.json(
    'PATCH',
    withQuery(pathOf(info.resource, info.namespace, info.name), query),
    patch,
    type,
  );
  print(after, info.resource, 'configured');
}

async function run(call: Call): Promise<void> {
  const { flags } = call;
  if (flags.list('filename').length === 0 && !flags.str('kustomize'))
    throw new KubectlError('must specify one of -f and -k');
  if (call.args.length > 0)
    throw new KubectlError(`Unexpected args: [${call.args.join(' ')}]\nSee 'kubectl apply -h' for help and examples`);
  if (flags.bool('prune'))
    throw new KubectlError('--prune is not supported in this shell: delete what is not wanted by name');
  if (flags.bool('server-side') && dryRunOf(call) === 'client')
    throw new KubectlError("--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)");
  if (flags.bool('force-conflicts') && !flags.bool('server-side'))
    throw new KubectlError('--force-conflicts only works with --server-side');
  const errors: Error[] = [];
  const print = await resultPrinter(call, 'applied');
  for (const manifest of await readManifests(call)) {
    try {
      assertTyped(call, manifest);
      const info = await infoOf(call, manifest);
      if (!info.name)
        throw new KubectlError(
          manifest.object.metadata?.generateName
            ? `from ${manifest.object.metadata.generateName}: cannot use generate name with apply`
            : `error when retrieving current configuration of:\nResource: "${info.resource.groupVersion}, Resource=${info.resource.name}"\nName: "", Namespace: ${JSON.stringify(info.namespace ?? '')}\nfrom for: ${JSON.stringify(manifest.source)}: resource name may not be empty`,
        );
      if (flags.bool('server-side')) await serverSide(call, info, print);
      else await clientSide(call, info, print);
    } catch (error) {
      errors.push(located(error as Error, manifest.source));
    }
  }
  throwIfAny(errors);
}

/** kubectl names the file in the server's refusals. */
export function located(error: Error, source: string): Error {
  if (!(error instanceof StatusError) || error.reason === 'Conflict') return error;
  return new StatusError({
    ...error.status,
    message: `error when creating ${JSON.stringify(source)}: ${error.message}`,
  });
}

async function viewLastApplied(call: Call): Promise<void> {
  const { infos, errors } = await gather(call, { selector: call.flags.str('selector'), all: call.flags.bool('all') });
  throwIfAny(errors);
  for (const { object, name } of infos) {
    const text = object!.metadata.annotations?.[LAST_APPLIED];
    if (!text) throw new KubectlError(`no last-applied-configuration annotation found on resource: ${name}`);
    call.out(call.flags.str('output') === 'json' ? `${goJson(JSON.parse(text), 2)}\n` : goYaml(JSON.parse(text)));
  }
}

async function setLastApplied(call: Call): Promise<void> {
  for (const manifest of await readManifests(call)) {
    const info = await infoOf(call, manifest);
    const text = withLastApplied(info.object).metadata.annotations[LAST_APPLIED];
    await call.client.json(
      'PATCH',
      withQuery(pathOf(info.resource, info.namespace, info.name), writeQuery(call)),
      { metadata: { annotations: { [LAST_APPLIED]: text } } },
      'application/merge-patch+json',
    );
    call.out(`${displayName(info.resource, info.name)} configured\n`);
  }
}

export const apply: Verb = {
  name: 'apply',
  short: 'Apply a configuration to a resource by file name or stdin',
  usage: '(-f FILENAME | -k DIRECTORY)',
  flags: [
    ...fileFlags,
    ...outputFlags,
    allFlag,
    dryRunFlag,
    validateFlag,
    selectorFlags[0]!,
    fieldManagerFlag('kubectl-client-side-apply'),
    { name: 'cascade', type: 'string', default: 'background', bare: 'background' },
    { name: 'force', type: 'bool', help: 'Accepted, without effect' },
    { name: 'force-conflicts', type: 'bool', help: 'Take over fields of other managers' },
    { name: 'grace-period', type: 'int', default: '-1' },
    { name: 'openapi-patch', type: 'bool', default: 'true' },
    { name: 'overwrite', type: 'bool', default: 'true' },
    { name: 'prune', type: 'bool', help: 'Not supported here' },
    { name: 'server-side', type: 'bool', help: 'Let the server apply' },
    { name: 'timeout', type: 'duration', default: '0s' },
    { name: 'wait', type: 'bool' },
  ],
  run,
  subcommands: [
    {
      name: 'view-last-applied',
      short: 'View the latest last-applied-configuration annotations of a resource',
      usage: '(TYPE [NAME | -l label] | TYPE/NAME | -f FILENAME)',
      flags: [
        ...fileFlags,
        selectorFlags[0]!,
        allFlag,
        { name: 'output', short: 'o', type: 'string', default: 'yaml' },
      ],
      run: viewLastApplied,
    },
    {
      name: 'set-last-applied',
      short: 'Set the last-applied-configuration annotation to match a file',
      usage: '-f FILENAME',
      flags: [...fileFlags, dryRunFlag, { name: 'create-annotation', type: 'bool' }],
      run: setLastApplied,
    },
  ],
};
