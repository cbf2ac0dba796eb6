import { clone, type Json } from '../../../kube/object.ts';
import { assertTyped, hasFiles, hideManagedFields, type Info, infoOf, throwIfAny } from '../builder.ts';
import { pathOf, type Query, withQuery } from '../client.ts';
import type { Call, Verb } from '../context.ts';
import { isNotFound, KubectlError, StatusError, UsageError } from '../errors.ts';
import { readManifests } from '../files.ts';
import { goJson } from '../printers/json.ts';
import { objectPrinter, outputFlags, PLAIN, resultPrinter } from '../printers/output.ts';
import { threeWay, typeOf } from '../three-way.ts';
import { editLastApplied } from './advice.ts';
import { setLastApplied, viewLastApplied } from './last-applied.ts';
import { assertPrune, prune } from './prune.ts';
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
export function withLastApplied(object: Json, encode: (bare: Json) => string = goJson): Json {
  const bare = clone(object);
  bare.metadata ??= {};
  bare.metadata.annotations = { ...bare.metadata.annotations };
  delete bare.metadata.annotations[LAST_APPLIED];
  const text = `${encode(bare)}\n`;
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

const CLIENT_SIDE_MANAGERS = ['kubectl-client-side-apply', 'before-first-apply'];

function union(a: Json, b: Json): Json {
  const out = { ...a };
  for (const [key, value] of Object.entries(b ?? {})) out[key] = key in out ? union(out[key], value) : value;
  return out;
}

/**
 * What client-side apply owned goes to the manager that applies now, so that a field taken out of the manifest goes away. The annotation
 * of client-side apply gets a manager of its own and stays. True when there was something to move.
 */
async function migrateManagers(call: Call, info: Info, live: Json, manager: string): Promise<boolean> {
  const old = (live.metadata.managedFields ?? []) as Json[];
  const isOld = (one: Json): boolean =>
    one.operation === 'Update' && !one.subresource && CLIENT_SIDE_MANAGERS.includes(one.manager);
  if (!old.some(isOld)) return false;
  const path = pathOf(info.resource, info.namespace, info.name);
  if (live.metadata.annotations?.[LAST_APPLIED] !== undefined) {
    const { apiVersion, kind, metadata } = withLastApplied(info.object);
    const annotations = { [LAST_APPLIED]: metadata.annotations[LAST_APPLIED] };
    const body = JSON.stringify({ apiVersion, kind, metadata: { name: info.name, annotations } });
    const query = { fieldManager: 'kubectl-last-applied', force: true };
    live = await call.client.json('PATCH', withQuery(path, query), body, 'application/apply-patch+yaml');
  }
  const entries = live.metadata.managedFields as Json[];
  const moved = entries.filter(isOld);
  const kept = entries.filter((one) => !isOld(one));
  const own = kept.find((one) => one.operation === 'Apply' && one.manager === manager && !one.subresource);
  const fieldsV1 = moved.reduce((fields, one) => union(fields, one.fieldsV1), own?.fieldsV1 ?? {});
  const managedFields = own
    ? kept.map((one) => (one === own ? { ...own, fieldsV1 } : one))
    : [...kept, { ...moved[0], operation: 'Apply', manager, fieldsV1 }];
  const patch = [
    { op: 'replace', path: '/metadata/managedFields', value: managedFields },
    { op: 'replace', path: '/metadata/resourceVersion', value: live.metadata.resourceVersion },
  ];
  await call.client.json('PATCH', path, JSON.stringify(patch), 'application/json-patch+json');
  return true;
}

type Print = (object: Json, resource: Info['resource'], what?: string) => void;

async function serverSide(call: Call, info: Info, print: Print): Promise<void> {
  const manager = call.flags.changed.has('field-manager') ? call.flags.str('field-manager') : 'kubectl';
  const query = {
    ...writeQuery(call, manager),
    force: call.flags.bool('force-conflicts'),
  };
  try {
    const path = withQuery(pathOf(info.resource, info.namespace, info.name), query);
    const applied = async (): Promise<Json> =>
      call.client.json('PATCH', path, JSON.stringify(info.object), 'application/apply-patch+yaml');
    let object = await applied();
    if (dryRunOf(call) === 'none' && (await migrateManagers(call, info, object, manager))) object = await applied();
    print(object, info.resource, 'serverside-applied');
  } catch (error) {
    if (error instanceof StatusError && error.reason === 'Conflict') throw conflictText(error);
    throw error;
  }
}

/** `--force`: what cannot be changed is deleted and made anew. */
async function recreate(call: Call, info: Info, path: string, query: Query): Promise<Json> {
  const grace = call.flags.int('grace-period');
  const options = { apiVersion: 'v1', kind: 'DeleteOptions', ...(grace >= 0 ? { gracePeriodSeconds: grace } : {}) };
  await call.client.json('DELETE', path, { ...options, propagationPolicy: 'Background' });
  const gone = async (): Promise<boolean> => {
    try {
      await call.client.get(path);
      return false;
    } catch (error) {
      if (isNotFound(error)) return true;
      throw error;
    }
  };
  while (!(await gone())) await call.time.sleep(1000, call.signal);
  const collection = withQuery(pathOf(info.resource, info.namespace), query);
  return call.client.json('POST', collection, withLastApplied(info.object));
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
  const path = pathOf(info.resource, info.namespace, info.name);
  let after: Json;
  try {
    after = await call.client.json('PATCH', withQuery(path, query), patch, type);
  } catch (error) {
    const replaceable = error instanceof StatusError && (error.reason === 'Conflict' || error.reason === 'Invalid');
    if (!replaceable || !call.flags.bool('force')) throw error;
    after = await recreate(call, info, path, query);
  }
  print(after, info.resource, 'configured');
}

async function run(call: Call): Promise<void> {
  const { flags } = call;
  if (call.args.length > 0) throw new UsageError(`Unexpected args: [${call.args.join(' ')}]`);
  if (!hasFiles(call)) throw new KubectlError('must specify one of -f and -k');
  const pruning = await assertPrune(call);
  if (flags.bool('server-side') && dryRunOf(call) === 'client')
    throw new KubectlError("--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)");
  if (flags.bool('force-conflicts') && !flags.bool('server-side'))
    throw new KubectlError('--force-conflicts only works with --server-side');
  const errors: Error[] = [];
  const { print, finish } = await applyPrinter(call);
  const applied: Info[] = [];
  for (const manifest of await readManifests(call)) {
    try {
      assertTyped(call, manifest);
      const info = await infoOf(call, manifest);
      applied.push(info);
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
  finish();
  if (pruning) await prune(call, pruning, applied);
}

/** Lines as it goes; objects of -o at the end, several as a List, and none when something failed. */
async function applyPrinter(call: Call): Promise<{ print: Print; finish: () => void }> {
  const format = call.flags.str('output');
  const printer = format === '' || format === 'name' ? undefined : await objectPrinter(call, PLAIN);
  if (!printer) return { print: await resultPrinter(call, 'applied'), finish: () => {} };
  const objects: Json[] = [];
  return {
    print: (object) => objects.push(object),
    finish: () => {
      if (objects.length === 1) return call.out(printer(objects[0]));
      const list = { kind: 'List', apiVersion: 'v1', metadata: {}, items: objects };
      call.out(format === 'json' ? listJson(list) : printer(list));
    },
  };
}

/** A List is a struct to kubectl, its items are not: their keys are sorted. */
function listJson({ kind, apiVersion, metadata, items }: Json): string {
  const plain = items.map((item: Json) => JSON.parse(goJson(hideManagedFields(item))));
  return `${goJson({ kind, apiVersion, metadata, items: plain }, 4, 0, Object.keys)}\n`;
}

/** kubectl names the file in the server's refusals. */
export function located(error: Error, source: string, doing = 'creating'): Error {
  if (!(error instanceof StatusError) || (doing === 'creating' && error.reason === 'Conflict')) return error;
  return new StatusError({
    ...error.status,
    message: `error when ${doing} ${JSON.stringify(source)}: ${error.message}`,
  });
}

export const apply: Verb = {
  name: 'apply',
  flags: [
    ...fileFlags,
    ...outputFlags,
    allFlag,
    dryRunFlag,
    validateFlag,
    selectorFlags[0]!,
    fieldManagerFlag('kubectl-client-side-apply'),
    { name: 'cascade', type: 'string', default: 'background', bare: 'background', unsupported: true },
    { name: 'force', type: 'bool' },
    { name: 'force-conflicts', type: 'bool' },
    { name: 'grace-period', type: 'int', default: '-1' },
    { name: 'openapi-patch', type: 'bool', default: 'true', unsupported: true },
    { name: 'overwrite', type: 'bool', default: 'true', unsupported: true },
    { name: 'prune', type: 'bool' },
    { name: 'prune-allowlist', type: 'array' },
    { name: 'server-side', type: 'bool' },
    { name: 'timeout', type: 'duration', default: '0s', unsupported: true },
    { name: 'wait', type: 'bool', unsupported: true },
  ],
  run,
  subcommands: [
    editLastApplied,
    {
      name: 'view-last-applied',
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
      flags: [...fileFlags, ...outputFlags, dryRunFlag, { name: 'create-annotation', type: 'bool' }],
      run: setLastApplied,
    },
  ],
};
