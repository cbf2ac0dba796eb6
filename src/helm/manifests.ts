import { jsonKind } from './functions/go-json.ts';
import { FunctionError, fromJson } from './template/value.ts';
import { parseYaml } from './yaml/parse.ts';

export interface Hook {
  name: string;
  kind: string;
  path: string;
  manifest: string;
  events: string[];
  last_run: { started_at?: string; completed_at?: string; phase: string };
  /** Left out when 0, as helm stores it. */
  weight?: number;
  /** Those of the annotation; before the first run also the one that holds without any. */
  delete_policies?: string[];
  output_log_policies?: string[];
}

export interface Manifest {
  /** Template that it came from. */
  path: string;
  content: string;
  kind: string;
  name: string;
}

/** Order in which Helm installs kinds; the uninstall order is another list, not simply the reverse. */
export const INSTALL_ORDER = (
  'PriorityClass Namespace NetworkPolicy ResourceQuota LimitRange PodSecurityPolicy PodDisruptionBudget ServiceAccount ' +
  'Secret SecretList ConfigMap StorageClass PersistentVolume PersistentVolumeClaim CustomResourceDefinition ClusterRole ' +
  'ClusterRoleList ClusterRoleBinding ClusterRoleBindingList Role RoleList RoleBinding RoleBindingList Service DaemonSet ' +
  'Pod ReplicationController ReplicaSet Deployment HorizontalPodAutoscaler StatefulSet Job CronJob IngressClass Ingress ' +
  'APIService MutatingWebhookConfiguration ValidatingWebhookConfiguration'
).split(' ');

export const UNINSTALL_ORDER = (
  'ValidatingWebhookConfiguration MutatingWebhookConfiguration APIService Ingress IngressClass Service CronJob Job ' +
  'StatefulSet HorizontalPodAutoscaler Deployment ReplicaSet ReplicationController Pod DaemonSet RoleBindingList ' +
  'RoleBinding RoleList Role ClusterRoleBindingList ClusterRoleBinding ClusterRoleList ClusterRole ' +
  'CustomResourceDefinition PersistentVolumeClaim PersistentVolume StorageClass ConfigMap SecretList Secret ' +
  'ServiceAccount PodDisruptionBudget PodSecurityPolicy LimitRange ResourceQuota NetworkPolicy Namespace PriorityClass'
).split(' ');

/** Stable order by kind; unknown kinds come last, by name of kind. */
export function sortByKind<T extends { kind: string }>(items: readonly T[], order: readonly string[]): T[] {
  const place = (item: T): number => {
    const at = order.indexOf(item.kind);
    return at < 0 ? order.length : at;
  };
  return [...items].sort((a, b) => {
    const [x, y] = [place(a), place(b)];
    if (x !== y || x < order.length) return x - y;
    return a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : 0;
  });
}

const EVENTS = new Set(
  'pre-install post-install pre-delete post-delete pre-upgrade post-upgrade pre-rollback post-rollback test'.split(' '),
);

/** Splits rendered files into documents (separator `---` alone on its line). */
export function splitDocuments(text: string): string[] {
  return text
    .split(/(?:^|\s*\n)---\s*/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

interface Head {
  kind?: string;
  apiVersion?: string;
  metadata?: { name?: string; annotations?: Record<string, string> };
}

interface SortedManifests {
  hooks: Hook[];
  manifests: Manifest[];
  /** Hook annotations that name no event: their objects are left out. */
  unknownHooks: string[];
}

/** Splits rendered templates into hooks and manifests, each in its order. `rendered` is path → text. */
export function sortManifests(rendered: Readonly<Record<string, string>>): SortedManifests {
  const unknownHooks: string[] = [];
  const hooks: Hook[] = [];
  const manifests: Manifest[] = [];
  for (const path of Object.keys(rendered).sort()) {
    const text = rendered[path] ?? '';
    if ((path.split('/').at(-1) ?? '').startsWith('_') || text.trim() === '') continue;
    for (const content of splitDocuments(text)) {
      const head = readHead(path, content);
      const events = hookEvents(head);
      if (events === 'unknown') unknownHooks.push(head.metadata?.annotations?.['helm.sh/hook'] ?? '');
      else if (events) hooks.push(hookOf(path, content, head, events));
      else manifests.push({ path, content, kind: head.kind ?? '', name: head.metadata?.name ?? '' });
    }
  }
  return {
    hooks: sortByKind(hooks, INSTALL_ORDER),
    manifests: sortByKind(manifests, INSTALL_ORDER),
    unknownHooks,
  };
}

function readHead(path: string, content: string): Head {
  try {
    const head = parseYaml(content);
    if (head === null) return {};
    checkHead(head);
    return headOf(head as Record<string, unknown>);
  } catch (error) {
    throw new FunctionError(`YAML parse error on ${path}: ${(error as Error).message}`);
  }
}

function headOf({ apiVersion, kind, metadata }: Record<string, unknown>): Head {
  const text = (value: unknown): string => (value === null || value === undefined ? '' : String(value));
  const { name, annotations } = (metadata ?? {}) as { name?: unknown; annotations?: Record<string, unknown> | null };
  const texts = Object.entries(annotations ?? {}).map(([key, value]) => [key, text(value)]);
  const own = { name: text(name), ...(texts.length > 0 ? { annotations: Object.fromEntries(texts) } : {}) };
  return { kind: text(kind), apiVersion: text(apiVersion), metadata: own };
}

/** Kind, version and annotations must be texts, or encoding/json refuses the document. */
function checkHead(head: unknown): void {
  const wrong: (value: unknown, place: string, type: string) => never = (value, place, type) => {
    const kind = jsonKind(fromJson(value));
    throw new FunctionError(
      `error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${kind} into Go ${place} of type ${type}`,
    );
  };
  const isMap = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  // scalars are taken as texts
  const text = (value: unknown, field: string): void => {
    if (typeof value === 'object' && value !== null) wrong(value, `struct field ${field}`, 'string');
  };
  if (!isMap(head)) wrong(head, 'value', 'util.SimpleHead');
  const fields = head as Record<string, unknown>;
  text(fields['apiVersion'], 'SimpleHead.apiVersion');
  text(fields['kind'], 'SimpleHead.kind');
  const metadata = fields['metadata'];
  if (metadata === null || metadata === undefined) return;
  if (!isMap(metadata))
    wrong(
      metadata,
      'struct field SimpleHead.metadata',
      'struct { Name string "json:\\"name\\""; Annotations map[string]string "json:\\"annotations\\"" }',
    );
  const own = metadata as Record<string, unknown>;
  text(own['name'], 'SimpleHead.metadata.name');
  const { annotations } = own;
  if (annotations === null || annotations === undefined) return;
  if (!isMap(annotations)) wrong(annotations, 'struct field SimpleHead.metadata.annotations', 'map[string]string');
  for (const value of Object.values(annotations as object)) text(value, 'SimpleHead.metadata.annotations');
}

/** Events of a hook; undefined for what is no hook, `unknown` when one of them does not exist. */
function hookEvents(head: Head): string[] | 'unknown' | undefined {
  const annotation = head.metadata?.annotations?.['helm.sh/hook'];
  if (annotation === undefined) return undefined;
  const events = annotation
    .split(',')
    .map((event) => event.trim().toLowerCase())
    .map((event) => (event === 'test-success' ? 'test' : event));
  return events.every((event) => EVENTS.has(event)) ? events : 'unknown';
}

function hookOf(path: string, manifest: string, head: Head, events: string[]): Hook {
  const annotations = head.metadata?.annotations ?? {};
  const listed = (name: string): string[] | undefined =>
    annotations[name]?.split(',').map((item) => item.trim().toLowerCase());
  const weight = /^[+-]?\d+$/.test(annotations['helm.sh/hook-weight'] ?? '')
    ? Number(annotations['helm.sh/hook-weight'])
    : 0;
  const [policies, logs] = [listed('helm.sh/hook-delete-policy'), listed('helm.sh/hook-output-log-policy')];
  return {
    name: head.metadata?.name ?? '',
    kind: head.kind ?? '',
    path,
    manifest,
    events,
    last_run: { phase: '' },
    ...(weight === 0 ? {} : { weight }),
    ...(policies ? { delete_policies: policies } : {}),
    ...(logs ? { output_log_policies: logs } : {}),
  };
}

/** The manifest text that a release stores. */
export function joinManifests(manifests: readonly Manifest[]): string {
  return manifests.map((m) => `---\n# Source: ${m.path}\n${m.content}\n`).join('');
}
