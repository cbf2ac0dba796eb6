import type { Json } from '../../kube/object.ts';
import { type Obj, pathOf, type Resource } from './client.ts';
import type { Call } from './context.ts';
import { AggregateKubectlError, KubectlError, KubectlExit, StatusError } from './errors.ts';
import { type Manifest, readManifests } from './files.ts';

/** One thing that a command is about. */
export interface Info {
  resource: Resource;
  namespace: string | undefined;
  name: string;
  object?: Obj;
  /** The manifest it came from. */
  source?: string;
}

/** A whole collection, as `kubectl get pods` asks for. */
export interface Collection {
  resource: Resource;
  namespace: string | undefined;
}

/** Finds a resource by what users type: plural, singular, short name, `name.group`, `name.version.group`, Kind. */
export async function resolveResource(call: Call, text: string): Promise<Resource> {
  const lower = text.toLowerCase();
  const [head, ...tail] = lower.split('.');
  const named = (resource: Resource, name: string): boolean =>
    resource.name === name || resource.singular === name || resource.kind.toLowerCase() === name;
  const tests: ((resource: Resource) => boolean)[] = [(resource) => named(resource, lower)];
  if (tail.length > 0) {
    const group = tail.join('.');
    tests.push(
      (r) =>
        (named(r, head!) || r.shortNames.includes(head!)) && (r.group === group || r.group.startsWith(`${group}.`)),
    );
    tests.push((r) => named(r, head!) && r.version === tail[0] && r.group === tail.slice(1).join('.'));
  }
  tests.push((resource) => resource.shortNames.includes(lower));
  for (const again of [false, true]) {
    const all = await call.client.resources(again);
    for (const test of tests) {
      const found = all.find(test);
      if (found) return found;
    }
  }
  throw new KubectlError(`the server doesn't have a resource type ${JSON.stringify(tail.length > 0 ? head : text)}`);
}

/** Types of `pods,svc` or of a category such as `all`. */
export async function resolveTypes(call: Call, argument: string): Promise<Resource[]> {
  const out: Resource[] = [];
  const add = (resource: Resource): void => {
    if (!out.some((one) => one.name === resource.name && one.group === resource.group)) out.push(resource);
  };
  for (const part of argument.split(',')) {
    const category = (await call.client.resources()).filter((resource) => resource.categories.includes(part));
    if (category.length > 0) category.forEach(add);
    else add(await resolveResource(call, part));
  }
  return out;
}

export interface Selection {
  collections: Collection[];
  infos: Info[];
  /** True when one object was asked for by name, so that output is not a List. */
  single: boolean;
  /** More than one type was asked for. */
  manyTypes: boolean;
}

export interface SelectOptions {
  selector?: string;
  fieldSelector?: string;
  allNamespaces?: boolean;
  /** `kubectl get pods` without a name means all of them. */
  emptyMeansAll?: boolean;
  /** --all was given. */
  all?: boolean;
}

/** Were objects given by -f or -k? */
export function hasFiles({ flags }: Pick<Call, 'flags'>): boolean {
  return flags.list('filename').length > 0 || (flags.has('kustomize') && flags.str('kustomize') !== '');
}

/** What a command without objects is told. */
export const MISSING = `You must provide one or more resources by argument or filename.
Example resource specifications include:
   '-f rsrc.yaml'
   '--filename=rsrc.json'
   '<resource> <name>'
   '<resource>'`;

function scopeOf(call: Call, resource: Resource, allNamespaces: boolean | undefined): string | undefined {
  return resource.namespaced && !allNamespaces ? call.namespace : undefined;
}

async function byTuples(call: Call, args: string[], allNamespaces: boolean | undefined): Promise<Selection> {
  if (!args.every((arg) => arg.includes('/')))
    throw new KubectlError(
      "there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'",
    );
  const infos: Info[] = [];
  for (const arg of args.flatMap((one) => one.split(/,(?=[^,]*\/)/))) {
    const parts = arg.split('/');
    if (parts.length !== 2) throw new KubectlError('arguments in resource/name form may not have more than one slash');
    if (parts[0] === '' || parts[1] === '')
      throw new KubectlError('arguments in resource/name form must have a single resource and name');
    const resource = await resolveResource(call, parts[0]!);
    if (allNamespaces && resource.namespaced)
      throw new KubectlError('a resource cannot be retrieved by name across all namespaces');
    infos.push({ resource, namespace: scopeOf(call, resource, false), name: parts[1]! });
  }
  const types = new Set(infos.map((info) => `${info.resource.name}.${info.resource.group}`));
  return { collections: [], infos, single: infos.length === 1, manyTypes: types.size > 1 };
}

/** Turns the arguments of a verb into objects by name, or collections by selector, with the builder's own errors. */
export async function select(call: Call, args: string[], options: SelectOptions = {}): Promise<Selection> {
  const selecting = options.selector || options.fieldSelector || options.all;
  if (args.length === 0) {
    if (selecting) throw new KubectlError('at least one resource must be specified to use a selector');
    throw new KubectlError(MISSING);
  }
  if (args.some((arg) => arg.includes('/'))) {
    if (selecting && !options.all)
      throw new KubectlError('selectors and the all flag cannot be used when passing resource/name arguments');
    return byTuples(call, args, options.allNamespaces);
  }
  const types = await resolveTypes(call, args[0]!);
  const names = args.slice(1);
  if (names.length > 0) {
    if (selecting) throw new KubectlError('name cannot be provided when a selector is specified');
    if (options.allNamespaces && types.some((type) => type.namespaced))
      throw new KubectlError('a resource cannot be retrieved by name across all namespaces');
    const infos = types.flatMap((resource) =>
      names.map((name) => ({ resource, namespace: scopeOf(call, resource, false), name })),
    );
    return { collections: [], infos, single: infos.length === 1, manyTypes: types.length > 1 };
  }
  if (!selecting && !options.emptyMeansAll)
    throw new KubectlError('resource(s) were provided, but no name was specified');
  const collections = types.map((resource) => ({
    resource,
    namespace: scopeOf(call, resource, options.allNamespaces),
  }));
  return { collections, infos: [], single: false, manyTypes: types.length > 1 };
}

/** Reads what a selection names. Errors are gathered, so that the rest is still handled. */
export async function fetchAll(
  call: Call,
  selection: Selection,
  options: SelectOptions = {},
): Promise<{ infos: Info[]; errors: Error[] }> {
  const infos: Info[] = [];
  const errors: Error[] = [];
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      errors.push(error as Error);
    }
  };
  for (const info of selection.infos)
    await attempt(async () => {
      infos.push({ ...info, object: await call.client.get(pathOf(info.resource, info.namespace, info.name)) });
    });
  for (const { resource, namespace } of selection.collections)
    await attempt(async () => {
      const query = { labelSelector: options.selector, fieldSelector: options.fieldSelector };
      const list = await call.client.list(pathOf(resource, namespace), query).catch(unableToList(resource, query));
      for (const object of list.items as Obj[])
        infos.push({ resource, namespace: object.metadata.namespace, name: object.metadata.name, object });
    });
  return { infos, errors };
}

/** Says of a list that the server refused what was asked for. */
export function unableToList(
  resource: Resource,
  { labelSelector = '', fieldSelector = '' }: { labelSelector?: string; fieldSelector?: string },
): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof StatusError) || (error.code !== 400 && error.code !== 404)) throw error;
    const what = JSON.stringify(
      `${resource.groupVersion.includes('/') ? '' : '/'}${resource.groupVersion}, Resource=${resource.name}`,
    );
    const text =
      labelSelector === '' && fieldSelector === ''
        ? `Unable to list ${what}: ${error.message}`
        : `Unable to find ${what} that match label selector ${JSON.stringify(labelSelector)}, field selector ${JSON.stringify(fieldSelector)}: ${error.message}`;
    throw new StatusError({ ...error.status, message: text });
  };
}

export function throwIfAny(errors: Error[]): void {
  if (errors.length === 1) throw errors[0]!;
  if (errors.length > 1) throw new AggregateKubectlError(errors);
}

/** Maps a manifest's apiVersion and kind, and settles its namespace. */
export async function infoOf(call: Call, { object, source, error }: Manifest): Promise<Info> {
  if (error) throw error;
  const { apiVersion, kind } = object;
  if (!kind)
    throw new KubectlError(
      `unable to decode ${JSON.stringify(source)}: Object 'Kind' is missing in '${JSON.stringify(object)}'`,
    );
  const resource = await call.client.find((r) => r.kind === kind && r.groupVersion === apiVersion);
  const name = object.metadata?.name ?? '';
  const given = object.metadata?.namespace;
  if (!resource)
    throw new KubectlError(
      `resource mapping not found for name: ${JSON.stringify(name)} namespace: ${JSON.stringify(given ?? '')} from ${JSON.stringify(source)}: no matches for kind ${JSON.stringify(kind)} in version ${JSON.stringify(apiVersion ?? '')}\nensure CRDs are installed first`,
    );
  let namespace: string | undefined;
  if (resource.namespaced) {
    if (given && call.namespaceGiven && given !== call.namespace)
      throw new KubectlError(
        `the namespace from the provided object ${JSON.stringify(given)} does not match the namespace ${JSON.stringify(call.namespace)}. You must pass '--namespace=${given}' to perform this operation.`,
      );
    namespace = given ?? call.namespace;
    object.metadata = { ...object.metadata, namespace };
  }
  return { resource, namespace, name, object, source };
}

/** What kubectl finds by itself before it asks the server, unless --validate=false. */
export function assertTyped(call: Call, { object, source, error }: Manifest): void {
  if (error) throw error;
  const missing = ['apiVersion', 'kind'].filter((field) => !object[field]).map((field) => `${field} not set`);
  if (missing.length === 0 || ['false', 'ignore'].includes(call.flags.str('validate'))) return;
  const what = missing.length > 1 ? `[${missing.join(', ')}]` : missing[0];
  throw new KubectlError(
    `error validating ${JSON.stringify(source)}: error validating data: ${what}; if you choose to ignore these errors, turn validation off with --validate=false`,
  );
}

/** Objects from -f when it was given, from arguments otherwise; `fetch` reads the live ones. */
export async function gather(
  call: Call,
  options: SelectOptions & { args?: string[]; live?: boolean; local?: boolean } = {},
): Promise<{ infos: Info[]; errors: Error[]; single: boolean }> {
  const args = options.args ?? call.args;
  if (call.flags.has('filename') && hasFiles(call)) {
    if (args.length > 0)
      throw new KubectlError(
        `when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well`,
      );
    const infos: Info[] = [];
    const errors: Error[] = [];
    for (const manifest of await readManifests(call)) {
      try {
        const own = manifest.object.metadata?.namespace;
        const info = await infoOf(call, manifest);
        if (options.local && own === undefined && !call.namespaceGiven) delete info.object!.metadata.namespace;
        if (options.live) info.object = await call.client.get(pathOf(info.resource, info.namespace, info.name));
        infos.push(info);
      } catch (error) {
        errors.push(error as Error);
      }
    }
    return { infos, errors, single: infos.length === 1 };
  }
  const selection = await select(call, args, options);
  return { ...(await fetchAll(call, selection, options)), single: selection.single };
}

/** A usage mistake: kubectl's text with its hint. */
export function usage(call: Call, message: string): KubectlExit {
  return new KubectlExit(`error: ${message}\nSee '${call.command} -h' for help and examples`);
}

/** Objects without the managedFields that kubectl hides. */
export function hideManagedFields(object: Json): Json {
  if (Array.isArray(object?.items)) return { ...object, items: object.items.map(hideManagedFields) };
  if (!object?.metadata?.managedFields) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}
