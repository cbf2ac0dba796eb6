import type { Json } from '../client.ts';

/** What an agent must not find on a cluster: whole namespaces and API groups, and what belongs to them. */
export interface Hidden {
  namespaces: readonly string[];
  groups: readonly string[];
  /** Values of the usual labels (`app.kubernetes.io/name` …) of what was installed with them outside of their namespaces. */
  products: readonly string[];
}

/** Makes another name of a hidden one: no cluster has it, unless the agent makes it. */
export const ALIAS_SUFFIX = '-7f3k9';

/** Chaos Mesh, as the harness uses it. */
export const CHAOS_MESH: Hidden = {
  namespaces: ['chaos-mesh'],
  groups: ['chaos-mesh.org'],
  products: ['chaos-mesh'],
};

/** By these the harness knows what is its own. */
const OWN = /aiopslab/;
const PRODUCT_LABELS = ['app.kubernetes.io/name', 'app.kubernetes.io/part-of', 'app.kubernetes.io/instance'];
/** Times when the harness or the hidden product wrote to somebody's object. */
const HIDDEN_MANAGER = /^chaos-|aiopslab/;
const HIDDEN_ANNOTATION = /^chaos-mesh|aiopslab/;

/** Says of objects, lines and numbers whether they would give a hidden thing away, and takes out of the others what would. */
export class Concealer {
  readonly #words: RegExp;

  constructor(readonly hidden: Hidden) {
    const words = [...hidden.namespaces, ...hidden.groups].map((word) => word.replaceAll('.', '\\.'));
    this.#words = new RegExp(words.length === 0 ? '(?!)' : `(?:${words.join('|')})(?!${ALIAS_SUFFIX})`);
  }

  isNamespace(name: unknown): boolean {
    return typeof name === 'string' && this.hidden.namespaces.includes(name);
  }

  isGroup(group: unknown): boolean {
    return typeof group === 'string' && this.hidden.groups.some((one) => group === one || group.endsWith(`.${one}`));
  }

  /** A word of the hidden things stands in it. */
  mentions(text: string): boolean {
    return this.#words.test(text);
  }

  /** `resource` is the plural of the collection that it came from: rows of tables do not tell their kind. */
  isHidden(object: Json, resource: string): boolean {
    const metadata = object?.metadata ?? {};
    if (this.isNamespace(metadata.namespace) || this.isGroup(groupOf(object?.apiVersion))) return true;
    if (OWN.test(metadata.name)) return true;
    if (resource === 'namespaces') return this.isNamespace(metadata.name);
    if (resource === 'customresourcedefinitions' || resource === 'apiservices')
      return this.isGroup(suffix(metadata.name));
    // By it processes know that one of them has a session here.
    if (resource === 'leases' && OWN.test(metadata.name)) return true;
    if (resource === 'events') return this.#isAbout(object.involvedObject ?? object.regarding);
    if (resource === 'persistentvolumes' && this.isNamespace(object.spec?.claimRef?.namespace)) return true;
    return metadata.namespace === undefined && this.#belongs(object);
  }

  #isAbout(reference: Json): boolean {
    if (!reference) return false;
    if (this.isNamespace(reference.namespace) || this.isGroup(groupOf(reference.apiVersion))) return true;
    return reference.kind === 'Namespace' && this.isNamespace(reference.name);
  }

  /** Objects of no namespace that came with the hidden product. */
  #belongs({ metadata, subjects }: Json): boolean {
    if (this.isNamespace(metadata?.annotations?.['meta.helm.sh/release-namespace'])) return true;
    if (PRODUCT_LABELS.some((label) => this.hidden.products.includes(metadata?.labels?.[label]))) return true;
    return Array.isArray(subjects) && subjects.length > 0 && subjects.every((one) => this.isNamespace(one.namespace));
  }

  /** Takes out of an object that may be seen what the harness or the hidden product has left on it, in place. */
  scrub(object: Json, resource: string): void {
    const { metadata } = object;
    if (!metadata) return;
    for (const field of ['labels', 'annotations'] as const) {
      const kept = Object.entries(metadata[field] ?? {}).filter(([key, value]) => !isOwn(key, value));
      if (metadata[field]) metadata[field] = Object.fromEntries(kept);
      if (kept.length === 0) delete metadata[field];
    }
    if (Array.isArray(metadata.managedFields))
      metadata.managedFields = metadata.managedFields.filter((one: Json) => !HIDDEN_MANAGER.test(one.manager));
    if (resource === 'nodes' && Array.isArray(object.status?.images))
      object.status.images = object.status.images.filter(
        (one: Json) => !one.names?.some((n: string) => this.mentions(n)),
      );
  }

  /** Puts back what {@link scrub} took out: an agent that replaces an object must not remove what it was not shown. */
  restore(body: Json, current: Json): void {
    for (const field of ['labels', 'annotations'] as const) {
      const taken = Object.entries(current.metadata?.[field] ?? {}).filter(([key, value]) => isOwn(key, value));
      if (taken.length > 0) body.metadata[field] = { ...body.metadata[field], ...Object.fromEntries(taken) };
    }
  }

  lines(text: string): string {
    return this.mentions(text) ? text.replace(/[^\n]*(?:\n|$)/g, (line) => (this.mentions(line) ? '' : line)) : text;
  }

  /** Answers of Prometheus, kubelets and others, whatever their shape: entries of lists that are about something hidden. */
  telemetry(value: Json): Json {
    if (Array.isArray(value)) return value.filter((one) => !this.#tells(one)).map((one) => this.telemetry(one));
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, this.telemetry(one)]));
  }

  #tells(entry: Json): boolean {
    if (typeof entry === 'string') return this.mentions(entry);
    if (entry === null || typeof entry !== 'object') return false;
    const places = [entry, entry.metric, entry.labels, entry.podRef, entry.metadata, entry.discoveredLabels];
    return places.some((place) => place && Object.values(place).some((v) => typeof v === 'string' && this.mentions(v)));
  }
}

function isOwn(key: string, value: unknown): boolean {
  return HIDDEN_ANNOTATION.test(key) || OWN.test(String(value));
}

function groupOf(apiVersion: string | undefined): string | undefined {
  const [group, version] = apiVersion?.split('/') ?? [];
  return version === undefined ? undefined : group;
}

/** `podchaos.chaos-mesh.org` → `chaos-mesh.org` */
function suffix(name: string): string {
  return name.slice(name.indexOf('.') + 1);
}
