import { createHash } from 'node:crypto';
import type { Json } from '../../../kube/object.ts';
import { type Info, infoOf, resolveResource } from '../builder.ts';
import { groupResource, pathOf, type Resource, withQuery } from '../client.ts';
import type { Call } from '../context.ts';
import { isNotFound, KubectlError, StatusError } from '../errors.ts';
import type { Manifest } from '../files.ts';
import { logLine } from '../log.ts';
import { resultPrinter } from '../printers/output.ts';
import { CLIENT_VERSION } from '../version.ts';
import { deletePruned } from './prune.ts';
import { dryRunOf, writeQuery } from './shared.ts';

const PREFIX = 'applyset.kubernetes.io';
const [TOOLING, KINDS, OLD_RESOURCES, NAMESPACES, ID, PART_OF] = [
  `${PREFIX}/tooling`,
  `${PREFIX}/contains-group-kinds`,
  `${PREFIX}/contains-group-resources`,
  `${PREFIX}/additional-namespaces`,
  `${PREFIX}/id`,
  `${PREFIX}/part-of`,
] as const;
const TOOL = 'kubectl';

const groupKind = ({ kind, group }: Resource): string => (group ? `${kind}.${group}` : kind);

/**
 * `--applyset`: the objects of a set bear its label, its parent says which kinds and namespaces they are in, and what is not applied any
 * more is pruned by that (kubectl/pkg/cmd/apply/applyset.go).
 */
export class ApplySet {
  readonly #call: Call;
  readonly #parent: Resource;
  readonly #name: string;
  readonly #namespace: string;
  readonly #before = { kinds: new Map<string, Resource>(), namespaces: new Set<string>() };
  readonly #after = { kinds: new Map<string, Resource>(), namespaces: new Set<string>() };

  private constructor(call: Call, parent: Resource, name: string) {
    this.#call = call;
    this.#parent = parent;
    this.#name = name;
    // of the namespaces only that of the flag counts, not that of the context
    this.#namespace = parent.namespaced && call.namespaceGiven ? call.namespace : '';
  }

  /** The set that --applyset names; undefined without one. Throws KubectlError for what cannot be a parent. */
  static async of(call: Call): Promise<ApplySet | undefined> {
    const text = call.flags.has('applyset') ? call.flags.str('applyset') : '';
    if (text === '') return undefined;
    const at = text.indexOf('/');
    const [type, name] = at < 0 ? ['secrets', text] : [text.slice(0, at), text.slice(at + 1)];
    const invalid = (why: string): KubectlError =>
      new KubectlError(`invalid parent reference ${JSON.stringify(text)}: ${why}`);
    if (name === '') throw invalid('name cannot be blank');
    const [head, ...group] = type.split('.');
    const parent = await resolveResource(call, type).catch(() => undefined);
    if (!parent || (group.length > 0 && parent.group !== group.join('.')))
      throw invalid(`no matches for ${group.join('.')}/, Resource=${head}`);
    return new ApplySet(call, parent, name);
  }

  get #id(): string {
    const parts = [this.#name, this.#namespace, this.#parent.kind, this.#parent.group];
    return `applyset-${createHash('sha256').update(parts.join('.')).digest('base64url')}-v1`;
  }

  get #shown(): string {
    return JSON.stringify(`${this.#parent.name}.${this.#parent.group}/${this.#name}`);
  }

  get #isBuiltIn(): boolean {
    return this.#parent.group === '' && ['secrets', 'configmaps'].includes(this.#parent.name);
  }

  async assertValid(): Promise<void> {
    const { flags } = this.#call;
    if (!flags.bool('prune')) throw new KubectlError('--applyset requires --prune');
    if (this.#parent.namespaced && this.#namespace === '')
      throw new KubectlError('namespace is required to use namespace-scoped ApplySet');
    if (!this.#isBuiltIn && !(await this.#isPermitted())) {
      const { group, version, name } = this.#parent;
      throw new KubectlError(
        `resource ${JSON.stringify(`${group}/${version}, Resource=${name}`)} is not permitted as an ApplySet parent`,
      );
    }
    if (flags.bool('force')) throw new KubectlError('--force cannot be used with --prune');
    for (const flag of ['all', 'selector', 'prune-allowlist'])
      if (flags.changed.has(flag)) throw new KubectlError(`--${flag} is incompatible with --applyset`);
  }

  async #isPermitted(): Promise<boolean> {
    const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
    const query = { labelSelector: `${PREFIX}/is-parent-type` };
    const { items } = await this.#call.client.list(path, query);
    return items.some((one: Json) => one.metadata.name === groupResource(this.#parent));
  }

  get #path(): string {
    return pathOf(this.#parent, this.#namespace || undefined, this.#name);
  }

  /** Labels what is to be applied and tells the parent of its kinds, before anything is applied. */
  async before(manifests: Manifest[]): Promise<void> {
    const infos: Info[] = [];
    for (const manifest of manifests) if (!manifest.error) infos.push(await infoOf(this.#call, manifest));
    for (const { object } of infos) {
      const { labels } = object!.metadata;
      if (labels?.[PART_OF] !== undefined)
        throw new KubectlError(`ApplySet label ${JSON.stringify(PART_OF)} already set in input data`);
      object!.metadata.labels = { ...labels, [PART_OF]: this.#id };
    }
    await this.#fetchParent();
    for (const { resource, namespace } of infos) {
      this.#after.kinds.set(groupKind(resource), resource);
      if (namespace) this.#after.namespaces.add(namespace);
    }
    await this.#update(
      [...this.#before.kinds.keys(), ...this.#after.kinds.keys()],
      [...this.#before.namespaces, ...this.#after.namespaces],
    );
  }

  async #fetchParent(): Promise<void> {
    let parent: Json;
    try {
      parent = await this.#call.client.get(this.#path);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      if (!this.#isBuiltIn) throw new KubectlError('custom resource ApplySet parents cannot be created automatically');
      return;
    }
    const { labels = {}, annotations = {} } = parent.metadata;
    const object = `ApplySet parent object ${this.#shown}`;
    const tooling = annotations[TOOLING];
    if (tooling === undefined)
      throw new KubectlError(`${object} already exists and is missing required annotation ${JSON.stringify(TOOLING)}`);
    const tool = tooling.includes('/') ? tooling.slice(0, tooling.lastIndexOf('/')) : tooling;
    if (tool !== TOOL)
      throw new KubectlError(
        `${object} already exists and is managed by tooling ${JSON.stringify(tool)} instead of ${JSON.stringify(TOOL)}`,
      );
    if (labels[ID] === undefined) throw new KubectlError(`${object} exists and does not have required label ${ID}`);
    if (labels[ID] !== this.#id)
      throw new KubectlError(
        `${object} exists and has incorrect value for label ${JSON.stringify(ID)} (got: ${labels[ID]}, want: ${this.#id})`,
      );
    await this.#readKinds(annotations);
    for (const namespace of String(annotations[NAMESPACES] ?? '')
      .split(',')
      .filter(Boolean))
      this.#before.namespaces.add(namespace);
    if (this.#parent.namespaced) this.#before.namespaces.add(this.#namespace);
  }

  async #readKinds(annotations: Record<string, string>): Promise<void> {
    const own = annotations[KINDS];
    const old = annotations[OLD_RESOURCES];
    const failed = (why: string): KubectlError =>
      new KubectlError(`parsing ApplySet annotation on ${this.#shown}: ${why}`);
    if (own === undefined && !old)
      throw failed(`kubectl requires the ${JSON.stringify(KINDS)} annotation to be set on all ApplySet parent objects`);
    for (const text of (own ?? old ?? '').split(',').filter(Boolean)) {
      const found = await this.#call.client.find((one) =>
        own === undefined ? groupResource(one) === text : groupKind(one) === text,
      );
      if (!found)
        throw failed(
          `could not find mapping for kind in ${JSON.stringify(KINDS)} annotation: no matches for kind ${JSON.stringify(text.split('.')[0])} in group ${JSON.stringify(text.split('.').slice(1).join('.'))}`,
        );
      this.#before.kinds.set(groupKind(found), found);
    }
  }

  async #update(kinds: Iterable<string>, namespaces: Iterable<string>): Promise<void> {
    if (dryRunOf(this.#call) === 'client') return;
    const listed = (items: Iterable<string>, skip?: string): string =>
      [...new Set(items)]
        .filter((item) => item !== skip)
        .sort()
        .join(',');
    const { kind, groupVersion } = this.#parent;
    const body = {
      kind,
      apiVersion: groupVersion,
      metadata: {
        name: this.#name,
        ...(this.#namespace ? { namespace: this.#namespace } : {}),
        creationTimestamp: null,
        labels: { [ID]: this.#id },
        annotations: {
          [NAMESPACES]: listed(namespaces, this.#namespace),
          [KINDS]: listed(kinds),
          [TOOLING]: `${TOOL}/${CLIENT_VERSION}`,
        },
      },
    };
    const manager = `${TOOL}-applyset`;
    const send = (force: boolean): Promise<Json> =>
      this.#call.client.json(
        'PATCH',
        withQuery(this.#path, { ...writeQuery(this.#call, manager), force }),
        JSON.stringify(body),
        'application/apply-patch+yaml',
      );
    try {
      await send(false).catch((error) => {
        if (!(error instanceof StatusError) || error.reason !== 'Conflict') throw error;
        this.#call.err(
          `${logLine('W', this.#call.time.now())} applyset.go:448] WARNING: failed to update ApplySet: ${error.message}\nApplySet field manager ${manager} should own these fields. Retrying with conflicts forced.\n`,
        );
        return send(true);
      });
    } catch (error) {
      if (error instanceof StatusError) throw new KubectlError(`failed to update ApplySet: ${error.message}`);
      throw error;
    }
  }

  /** Deletes members that were not applied now; `applied` are the uids of those that were. */
  async prune(applied: ReadonlySet<string>): Promise<void> {
    const print = await resultPrinter(this.#call, 'pruned');
    for (const resource of this.#before.kinds.values())
      for (const namespace of resource.namespaced ? this.#before.namespaces : [undefined]) {
        const query = { labelSelector: `${PART_OF}=${this.#id}` };
        const { items } = await this.#call.client.list(pathOf(resource, namespace), query);
        for (const object of items as Json[]) {
          if (applied.has(object.metadata.uid)) continue;
          await deletePruned(this.#call, pathOf(resource, namespace, object.metadata.name));
          print(object, resource);
        }
      }
    await this.#update(this.#after.kinds.keys(), this.#after.namespaces);
  }
}
