import { schemaOf } from '../../../kube/api-schema.ts';
import { clone, type Json } from '../../../kube/object.ts';
import { PatchError } from '../../../kube/patch/error.ts';
import { withoutNulls } from '../../../kube/patch/merge.ts';
import { assertTyped, hasFiles, hideManagedFields, type Info, infoOf, throwIfAny } from '../builder.ts';
import { pathOf, type Query, withQuery } from '../client.ts';
import type { Call, Verb } from '../context.ts';
import { isNotFound, KubectlError, StatusError, UsageError } from '../errors.ts';
import { readManifests } from '../files.ts';
import { goJson } from '../printers/json.ts';
import { objectPrinter, outputFlags, PLAIN, resultPrinter } from '../printers/output.ts';
import { threeWay } from '../three-way.ts';
import { ApplySet } from './applyset.ts';
import { propagationOf } from './delete.ts';
import { editLastApplied } from './edit.ts';
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
  const given = Object.entries(bare.metadata.annotations ?? {}).filter(([key]) => key !== LAST_APPLIED);
  // kubectl reads annotations as a map of strings, to which null is an empty one
  bare.metadata.annotations = Object.fromEntries(given.map(([key, value]) => [key, value ?? '']));
  const text = `${encode(bare)}\n`;
  bare.metadata.annotations[LAST_APPLIED] = text;
  return bare;
}

/** The patch that client-side apply would send for the live object; empty when nothing is to do. */
export function applyPatch(call: Call, info: Info, live: Json, annotate = true): { patch: Json; type: string } {
  const modified = withLastApplied(info.object);
  if (!annotate) delete modified.metadata.annotations[LAST_APPLIED];
  const before = live.metadata.annotations?.[LAST_APPLIED];
  const schema = schemaOf(info.resource.groupVersion, info.resource.name);
  try {
    const patch = threeWay(before ? JSON.parse(before) : {}, modified, live, schema, (text) => call.err(text));
    return { patch, type: schema ? 'application/strategic-merge-patch+json' : 'application/merge-patch+json' };
  } catch (error) {
    if (!(error instanceof PatchError)) throw error;
    const [own, current] = [modified, live].map((object) => `${goJson(object)}\n`);
    throw new KubectlError(
      `creating patch with:\noriginal:\n${before ?? ''}\nmodified:\n${own}\ncurrent:\n${current}\nfor: ${error.message}`,
    );
  }
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
    const subresource = call.flags.str('subresource') || undefined;
    const path = withQuery(pathOf(info.resource, info.namespace, info.name, subresource), query);
    const applied = async (): Promise<Json> =>
      call.client.json('PATCH', path, JSON.stringify(info.object), 'application/apply-patch+yaml');
    let object = await applied();
    if (dryRunOf(call) === 'none' && !subresource && (await migrateManagers(call, info, object, manager)))
      object = await applied();
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
  await call.client.json('DELETE', path, { ...options, propagationPolicy: propagationOf(call.flags.str('cascade')) });
  const gone = async (): Promise<boolean> => {
    try {
      await call.client.get(path);
      return false;
    } catch (error) {
      if (isNotFound(error)) return true;
      throw error;
    }
  };
  const timeout = call.flags.duration('timeout');
  const until = timeout > 0 ? call.time.now() + timeout : Number.POSITIVE_INFINITY;
  while (!(await gone())) {
    if (call.time.now() >= until) throw new KubectlError('timed out waiting for the condition');
    await call.time.sleep(1000, call.signal);
  }
  const collection = withQuery(pathOf(info.resource, info.namespace), query);
  return call.client.json('POST', collection, withLastApplied(info.object));
}

async function clientSide(call: Call, info: Info, print: Print): Promise<void> {
  const path = pathOf(info.resource, info.namespace, info.name);
  let live: Json;
  try {
    live = await call.client.get(path);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  if (!live) return print(await created(call, info), info.resource, 'created');
  if (dryRunOf(call) === 'client') return print(live, info.resource, 'configured');
  if (live.metadata.annotations?.[LAST_APPLIED] === undefined)
    call.err(
      `Warning: resource ${info.resource.name}/${info.name} is missing the ${LAST_APPLIED} annotation which is required by kubectl apply. kubectl apply should only be used on resources created declaratively by either kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically.\n`,
    );
  const { after, changes } = await patched(call, info, live);
  if (after.metadata.deletionTimestamp !== undefined)
    call.err(`Warning: Detected changes to resource ${info.name} which is currently being deleted.\n`);
  print(after, info.resource, changes ? 'configured' : 'unchanged');
}

async function created(call: Call, info: Info): Promise<Json> {
  // the annotation keeps the nulls of the manifest, so that it is the same as after a patch
  const object = withoutNulls(withLastApplied(info.object));
  if (dryRunOf(call) === 'client') return object;
  const query = writeQuery(call, call.flags.str('field-manager'));
  try {
    return await call.client.json('POST', withQuery(pathOf(info.resource, info.namespace), query), object);
  } catch (error) {
    throw sourced(error as Error, info.source ?? '', 'creating');
  }
}

async function patched(call: Call, info: Info, live: Json): Promise<{ after: Json; changes: boolean }> {
  const query = writeQuery(call, call.flags.str('field-manager'));
  const path = pathOf(info.resource, info.namespace, info.name);
  const source = info.source ?? '';
  let text = '';
  try {
    const { patch, type } = applyPatch(call, info, live);
    if (Object.keys(patch).length === 0) return { after: live, changes: false };
    text = goJson(patch);
    return { after: await call.client.json('PATCH', withQuery(path, query), text, type), changes: true };
  } catch (error) {
    const replaceable = error instanceof StatusError && (error.reason === 'Conflict' || error.reason === 'Invalid');
    if (replaceable && call.flags.bool('force'))
      return { after: await recreate(call, info, path, query), changes: true };
    const doing = `applying patch:\n${text}\nto:\n${infoText(info)}\nfor:`;
    throw sourced(sourced(error as Error, source, 'patching'), source, doing);
  }
}

/** How errors name an object. */
function infoText({ resource, name, namespace }: Info): string {
  const group = `${resource.group}/${resource.version}`;
  return `Resource: "${group}, Resource=${resource.name}", GroupVersionKind: "${group}, Kind=${resource.kind}"\nName: ${JSON.stringify(name ?? '')}, Namespace: ${JSON.stringify(namespace ?? '')}`;
}

/** Flags that do not go together. */
function assertFlags(call: Call): void {
  const { flags } = call;
  const serverSide = flags.bool('server-side');
  if (flags.bool('force-conflicts') && !serverSide)
    throw new KubectlError('--force-conflicts only works with --server-side');
  if (dryRunOf(call) === 'client' && serverSide)
    throw new KubectlError("--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)");
  if (serverSide && flags.bool('force')) throw new KubectlError('--force cannot be used with --server-side');
  if (dryRunOf(call) === 'server' && flags.bool('force'))
    throw new KubectlError('--dry-run=server cannot be used with --force');
  if (flags.bool('all') && flags.str('selector'))
    throw new KubectlError('cannot set --all and --selector at the same time');
  if (flags.bool('prune') && flags.bool('force')) throw new KubectlError('--force cannot be used with --prune');
  if (flags.bool('prune') && serverSide && !flags.str('applyset') && (flags.bool('all') || flags.str('selector')))
    throw new KubectlError("--prune is in alpha and doesn't currently work on objects created by server-side apply");
  if (flags.str('subresource') && !serverSide)
    throw new KubectlError('--subresource can only be specified for --server-side');
}

async function run(call: Call): Promise<void> {
  const { flags } = call;
  if (call.args.length > 0) throw new UsageError(`Unexpected args: [${call.args.join(' ')}]`);
  if (!hasFiles(call)) throw new KubectlError('must specify one of -f and -k');
  const set = await ApplySet.of(call);
  assertFlags(call);
  await set?.assertValid();
  const pruning = set ? undefined : await assertPrune(call);
  const errors: Error[] = [];
  const { print: show, finish } = await applyPrinter(call);
  const applied: Info[] = [];
  const uids = new Set<string>();
  const print: Print = (object, resource, what) => {
    uids.add(object.metadata?.uid);
    show(object, resource, what);
  };
  const manifests = await readManifests(call);
  await set?.before(manifests);
  for (const manifest of manifests) {
    try {
      assertTyped(call, manifest);
      const info = await infoOf(call, manifest);
      applied.push(info);
      if (!info.name)
        throw new KubectlError(
          manifest.object.metadata?.generateName
            ? `from ${manifest.object.metadata.generateName}: cannot use generate name with apply`
            : `error when retrieving current configuration of:\n${infoText(info)}\nfrom server for: ${JSON.stringify(manifest.source)}: resource name may not be empty`,
        );
      if (flags.bool('server-side')) await serverSide(call, info, print);
      else await clientSide(call, info, print);
    } catch (error) {
      errors.push(error as Error);
    }
  }
  throwIfAny(errors);
  finish();
  if (pruning) await prune(call, pruning, applied);
  await set?.prune(uids);
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
  return error instanceof StatusError ? sourced(error, source, doing) : error;
}

function sourced(error: Error, source: string, doing: string): Error {
  const message = `error when ${doing} ${JSON.stringify(source)}: ${error.message}`;
  return error instanceof StatusError ? new StatusError({ ...error.status, message }) : new KubectlError(message);
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
    { name: 'applyset', type: 'string', variable: 'KUBECTL_APPLYSET' },
    { name: 'cascade', type: 'string', default: 'background', bare: 'background' },
    { name: 'force', type: 'bool' },
    { name: 'force-conflicts', type: 'bool' },
    { name: 'grace-period', type: 'int', default: '-1' },
    { name: 'openapi-patch', type: 'bool', default: 'true' },
    { name: 'overwrite', type: 'bool', default: 'true', unsupported: true },
    { name: 'prune', type: 'bool' },
    { name: 'prune-allowlist', type: 'array' },
    { name: 'server-side', type: 'bool' },
    { name: 'subresource', type: 'string' },
    { name: 'timeout', type: 'duration', default: '0s' },
    // what --force deletes is waited for in any case
    { name: 'wait', type: 'bool' },
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
