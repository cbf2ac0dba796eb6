import { isDeepStrictEqual } from 'node:util';
import { textOf } from '../../../core/bytes.ts';
import { clone, type Json } from '../../../kube/object.ts';
import { gather, hasFiles, type Info, MISSING, resolveResource, throwIfAny } from '../builder.ts';
import { pathOf, withQuery } from '../client.ts';
import type { Call, Verb } from '../context.ts';
import { KubectlError, KubectlExit, StatusError } from '../errors.ts';
import { outputFlags, resultPrinter } from '../printers/output.ts';
import { fillIn, podSpecOf } from '../workloads.ts';
import { resourceList } from './create-policy.ts';
import { allFlag, dryRunFlag, dryRunOf, fieldManagerFlag, fileFlags, selectorFlags, writeQuery } from './shared.ts';

const isChange = (arg: string): boolean =>
  /^[^/=\s]+=/.test(arg) || (/^[A-Za-z_*][\w.-]*-$/.test(arg) && !arg.includes('/'));

function split(args: string[]): { resources: string[]; changes: string[] } {
  return { resources: args.filter((arg) => !isChange(arg)), changes: args.filter(isChange) };
}

/** Changes a copy of each object and puts it back with a patch of what differs. */
async function mutate(
  call: Call,
  args: string[],
  done: string,
  change: (object: Json, info: Info) => void,
  assertChanges: () => void = () => {},
  /** The verb sends what it has even when nothing changes, and passes refusals on as they are. */
  plain = false,
): Promise<void> {
  const { flags } = call;
  if (args.length === 0 && !hasFiles(call)) throw new KubectlError(MISSING);
  if (flags.bool('local') && !hasFiles(call))
    throw new KubectlError(
      `you must specify resources by --filename when --local is set.\nExample resource specifications include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'`,
    );
  const { infos, errors } = await gather(call, {
    args,
    selector: flags.str('selector'),
    all: flags.bool('all'),
    emptyMeansAll: flags.bool('all'),
    live: !flags.bool('local'),
    local: flags.bool('local'),
  });
  throwIfAny(errors);
  assertChanges();
  const print = await resultPrinter(call, done, { typed: true });
  for (const info of infos) {
    try {
      const draft = clone(info.object as Json);
      change(draft, info);
      if (flags.bool('local')) fillIn(draft);
      const local = flags.bool('local') || dryRunOf(call) === 'client';
      if (!local && !plain && isDeepStrictEqual(draft, info.object)) continue;
      let object = draft;
      if (!local)
        object = await call.client.json(
          'PATCH',
          withQuery(pathOf(info.resource, info.namespace, info.name), writeQuery(call)),
          minimal(info.object, draft),
          'application/strategic-merge-patch+json',
        );
      print(object, info.resource);
    } catch (error) {
      const refused =
        error instanceof StatusError && !plain ? `failed to patch ${done.split(' ')[0]} update to pod template: ` : '';
      errors.push(refused ? new KubectlError(`${refused}${(error as Error).message}`) : (error as Error));
    }
  }
  throwIfAny(errors);
}

/** Lists whose items the server merges by name. */
const BY_NAME = ['containers', 'initContainers', 'ephemeralContainers', 'env', 'volumes'];

/** A strategic patch for what the set verbs touch: named lists by name, the rest by value. */
function minimal(old: Json, draft: Json): Json {
  const out: Json = {};
  for (const key of new Set([...Object.keys(old ?? {}), ...Object.keys(draft ?? {})])) {
    const [a, b] = [old?.[key], draft?.[key]];
    if (isDeepStrictEqual(a, b)) continue;
    if (b === undefined) out[key] = null;
    else if (Array.isArray(b) && BY_NAME.includes(key)) {
      out[`$setElementOrder/${key}`] = b.map(({ name }) => ({ name }));
      out[key] = namedList(a ?? [], b);
    } else if (b !== null && typeof b === 'object' && !Array.isArray(b) && a) out[key] = minimal(a, b);
    else out[key] = b;
  }
  return out;
}

function namedList(old: Json[], fresh: Json[]): Json[] {
  const changed = fresh.flatMap((item) => {
    const before = old.find((one) => one.name === item.name);
    if (isDeepStrictEqual(before, item)) return [];
    return [before ? { ...minimal(before, item), name: item.name } : item];
  });
  const gone = old
    .filter((item) => !fresh.some((one) => one.name === item.name))
    .map(({ name }) => ({ $patch: 'delete', name }));
  return [...changed, ...gone];
}

function assertTemplate(object: Json, info: Info): void {
  if (podSpecOf(object)) return;
  const version = object.apiVersion.split('/').at(-1);
  throw new KubectlExit(
    `error: ${info.resource.name}/${info.name} the object is not a pod or does not have a pod template: *${version}.${object.kind}`,
  );
}

async function image(call: Call): Promise<void> {
  const { resources, changes } = split(call.args);
  await mutate(
    call,
    resources,
    'image updated',
    (object, info) => {
      const spec = podSpecOf(object);
      assertTemplate(object, info);
      for (const pair of changes) {
        const name = pair.slice(0, pair.indexOf('='));
        const found = [...(spec.initContainers ?? []), ...spec.containers].filter(
          (one: Json) => name === '*' || one.name === name,
        );
        if (found.length === 0) throw new KubectlExit(`error: unable to find container named ${JSON.stringify(name)}`);
        for (const one of found) one.image = pair.slice(pair.indexOf('=') + 1);
      }
    },
    () => {
      if (changes.length === 0) throw new KubectlError('at least one image update is required');
    },
  );
}

function chosen(call: Call, object: Json): Json[] {
  const wanted = call.flags.str('containers') || '*';
  const pattern = new RegExp(`^${wanted.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`);
  return (podSpecOf(object)?.containers ?? []).filter((one: Json) => pattern.test(one.name));
}

async function envFrom(call: Call): Promise<Json[]> {
  const [type = '', name = ''] = call.flags.str('from').split('/');
  if (!type) return [];
  const resource = /^(cm|configmaps?)$/.test(type) ? 'configmaps' : /^secrets?$/.test(type) ? 'secrets' : undefined;
  if (!resource) {
    await resolveResource(call, type);
    throw new KubectlError(`unsupported resource specified in --from`);
  }
  const source = await call.client.get(`/api/v1/namespaces/${call.namespace}/${resource}/${name}`);
  const keys = call.flags.list('keys');
  const field = resource === 'secrets' ? 'secretKeyRef' : 'configMapKeyRef';
  const picked = Object.keys(source.data ?? {})
    .sort()
    .filter((key) => keys.length === 0 || keys.includes(key));
  return picked.map((key) => {
    const variable = key.toUpperCase().replace(/[^A-Z0-9_]/g, '_');
    if (variable !== key) call.err(`Warning: key ${key} transferred to ${variable}\n`);
    return { name: `${call.flags.str('prefix')}${variable}`, valueFrom: { [field]: { key, name } } };
  });
}

function sourceText({ fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef }: Json): string {
  if (fieldRef) return `field path ${fieldRef.fieldPath}`;
  if (resourceFieldRef) return `resource field ${resourceFieldRef.resource}`;
  if (configMapKeyRef) return `configmap ${configMapKeyRef.name}, key ${configMapKeyRef.key}`;
  return `secret ${secretKeyRef?.name}, key ${secretKeyRef?.key}`;
}

/** One line of `set env --list`; --resolve looks values of maps and secrets up. */
async function listed(call: Call, { name, value, valueFrom }: Json): Promise<string> {
  if (!valueFrom) return `${name}=${value ?? ''}`;
  const unresolved = `# ${name} from ${sourceText(valueFrom)}`;
  const { configMapKeyRef, secretKeyRef } = valueFrom;
  const ref = configMapKeyRef ?? secretKeyRef;
  if (!call.flags.bool('resolve') || !ref) return unresolved;
  const resource = configMapKeyRef ? 'configmaps' : 'secrets';
  try {
    const { data = {} } = await call.client.get(`/api/v1/namespaces/${call.namespace}/${resource}/${ref.name}`);
    if (data[ref.key] === undefined) throw new KubectlError(`key ${ref.key} not found in ${ref.name}`);
    return `${name}=${secretKeyRef ? textOf(Buffer.from(data[ref.key], 'base64')) : data[ref.key]}`;
  } catch (error) {
    return `error retrieving reference for ${name}: ${(error as Error).message}`;
  }
}

async function env(call: Call): Promise<void> {
  const { resources, changes } = split(call.args);
  const pairs = [...changes, ...call.flags.list('env')];
  const imported = await envFrom(call);
  if (resources.length === 0 && !hasFiles(call))
    throw new KubectlError('one or more resources must be specified as <resource> <name> or <resource>/<name>');
  if (call.flags.bool('list')) {
    const selector = call.flags.str('selector');
    const { infos, errors } = await gather(call, { args: resources, selector, all: call.flags.bool('all') });
    for (const info of infos)
      for (const one of [...chosen(call, info.object), ...(podSpecOf(info.object)?.initContainers ?? [])]) {
        call.out(`# ${info.object!.kind} ${info.name}, container ${one.name}\n`);
        for (const item of one.env ?? []) call.out(`${await listed(call, item)}\n`);
      }
    return throwIfAny(errors);
  }
  await mutate(call, resources, 'env updated', (object, info) => {
    assertTemplate(object, info);
    const containers = chosen(call, object);
    if (containers.length === 0)
      call.err(
        `Warning: ${object.kind}/${info.name} does not have any containers matching ${JSON.stringify(call.flags.str('containers'))}\n`,
      );
    for (const one of containers) {
      const list: Json[] = one.env ?? [];
      const put = (item: Json): void => {
        const at = list.findIndex((old) => old.name === item.name);
        if (at >= 0 && !call.flags.bool('overwrite'))
          throw new KubectlError(
            `${info.resource.name}/${info.name} '${item.name}' already has a value (${list[at].value ?? ''}), and --overwrite is false`,
          );
        if (at >= 0) list[at] = item;
        else list.push(item);
      };
      imported.forEach(put);
      for (const pair of pairs) {
        const at = pair.indexOf('=');
        if (at >= 0) put({ name: pair.slice(0, at), value: pair.slice(at + 1) });
        else list.splice(0, list.length, ...list.filter((old) => old.name !== pair.slice(0, -1)));
      }
      if (list.length > 0 || one.env) one.env = list;
    }
  });
}

async function resources(call: Call): Promise<void> {
  const [limits, requests] = [resourceList(call.flags.str('limits')), resourceList(call.flags.str('requests'))];
  const assertUpdate = (): void => {
    if (Object.keys(limits).length + Object.keys(requests).length === 0)
      throw new KubectlError('you must specify an update to requests or limits (in the form of --requests/--limits)');
  };
  await mutate(
    call,
    call.args,
    'resource requirements updated',
    (object, info) => {
      assertTemplate(object, info);
      for (const one of chosen(call, object)) {
        one.resources ??= {};
        for (const [field, values] of [
          ['limits', limits],
          ['requests', requests],
        ] as const)
          if (Object.keys(values).length > 0) {
            one.resources[field] = { ...one.resources[field], ...values };
          }
      }
    },
    assertUpdate,
  );
}

async function selector(call: Call): Promise<void> {
  if (call.args.length === 0) throw new KubectlError('one selector is required');
  const text = call.args.at(-1) ?? '';
  const pairs = Object.fromEntries(text.split(',').map((pair) => pair.split('=') as [string, string]));
  await mutate(
    call,
    call.args.slice(0, -1),
    'selector updated',
    (object) => {
      if (object.kind !== 'Service') throw new KubectlError(`setting a selector is only supported for Services`);
      object.spec.selector = pairs;
      const version = call.flags.str('resource-version');
      if (version) object.metadata.resourceVersion = version;
    },
    undefined,
    true,
  );
}

async function serviceAccount(call: Call): Promise<void> {
  const name = call.args.at(-1);
  if (!name) throw new KubectlError('serviceaccount is required');
  await mutate(call, call.args.slice(0, -1), 'serviceaccount updated', (object, info) => {
    assertTemplate(object, info);
    podSpecOf(object).serviceAccountName = name;
  });
}

async function subject(call: Call): Promise<void> {
  const { flags } = call;
  const accounts = flags
    .list('serviceaccount')
    .map((text) => ({ kind: 'ServiceAccount', namespace: text.split(':')[0], name: text.split(':')[1] }));
  const named = (kind: string, list: string[]): Json[] =>
    list.map((name) => ({ apiGroup: 'rbac.authorization.k8s.io', kind, name }));
  const added = [...named('User', flags.list('user')), ...named('Group', flags.list('group')), ...accounts];
  const assertSubjects = (): void => {
    if (added.length === 0)
      throw new KubectlError('you must specify at least one value of user, group or serviceaccount');
  };
  await mutate(
    call,
    call.args,
    'subjects updated',
    (object, info) => {
      if (!/^(Cluster)?RoleBinding$/.test(object.kind))
        throw new KubectlExit(
          `error: ${info.resource.name}/${info.name} setting subjects is only supported for RoleBinding/ClusterRoleBinding`,
        );
      object.subjects = [
        ...(object.subjects ?? []),
        ...added.filter(
          (one) => !(object.subjects ?? []).some((old: Json) => old.kind === one.kind && old.name === one.name),
        ),
      ];
    },
    assertSubjects,
  );
}

const common = [
  ...fileFlags,
  ...outputFlags,
  allFlag,
  dryRunFlag,
  selectorFlags[0]!,
  fieldManagerFlag('kubectl-set'),
  { name: 'local', type: 'bool' as const },
];
const containersFlag = {
  name: 'containers',
  short: 'c',
  type: 'string' as const,
  default: '*',
};

export const set: Verb = {
  name: 'set',
  flags: [],
  subcommands: [
    {
      name: 'env',
      flags: [
        ...common,
        containersFlag,
        { name: 'env', short: 'e', type: 'array' },
        { name: 'from', type: 'string' },
        { name: 'keys', type: 'strings' },
        { name: 'list', type: 'bool' },
        { name: 'overwrite', type: 'bool', default: 'true' },
        { name: 'prefix', type: 'string' },
        { name: 'resolve', type: 'bool' },
      ],
      run: env,
    },
    {
      name: 'image',
      flags: common,
      run: image,
    },
    {
      name: 'resources',
      flags: [...common, containersFlag, { name: 'limits', type: 'string' }, { name: 'requests', type: 'string' }],
      run: resources,
    },
    {
      name: 'selector',
      flags: [...common, { name: 'resource-version', type: 'string' }],
      run: selector,
    },
    {
      name: 'serviceaccount',
      aliases: ['sa'],
      flags: common,
      run: serviceAccount,
    },
    {
      name: 'subject',
      flags: [
        ...common,
        { name: 'user', type: 'array' },
        { name: 'group', type: 'array' },
        { name: 'serviceaccount', type: 'array' },
      ],
      run: subject,
    },
  ],
};
