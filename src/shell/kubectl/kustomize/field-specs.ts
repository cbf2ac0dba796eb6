import type { Json } from '../../../kube/object.ts';

/** A place in objects of a kind (kustomize's FieldSpec); without group, version and kind in all. */
export interface FieldSpec {
  path: string;
  group?: string;
  version?: string;
  kind?: string;
  create?: boolean;
}

/** A value in its holder, to be read and replaced. */
export interface Slot {
  get(): Json;
  set(value: Json): void;
}

export function slotOf(holder: Json, key: string | number): Slot {
  return {
    get: () => holder[key],
    set: (value) => {
      holder[key] = value;
    },
  };
}

/** `a/b\/c` → `a`, `b/c`. */
export function splitPath(path: string, delimiter: string): string[] {
  const parts = path.split(delimiter);
  if (parts.length > 1 && parts[0] === '') parts.shift();
  const out: string[] = [];
  for (const part of parts) {
    const last = out.at(-1);
    if (last?.endsWith('\\')) out[out.length - 1] = `${last.slice(0, -1)}${delimiter}${part}`;
    else out.push(part);
  }
  return out;
}

export function groupVersion(apiVersion: string | undefined): { group: string; version: string } {
  const at = (apiVersion ?? '').indexOf('/');
  return at < 0
    ? { group: '', version: apiVersion ?? '' }
    : { group: apiVersion!.slice(0, at), version: apiVersion!.slice(at + 1) };
}

/** Does a selection by group, version and kind, each of which may be left out, hold for the object's type? */
export function isOfType(
  wanted: { group?: string; version?: string; kind?: string },
  { apiVersion, kind }: { apiVersion?: string; kind?: string },
): boolean {
  const own = groupVersion(apiVersion);
  return (
    (!wanted.kind || wanted.kind === kind) &&
    (!wanted.group || wanted.group === own.group) &&
    (!wanted.version || wanted.version === own.version)
  );
}

export class PathError extends Error {}

/** Applies `change` to every value at the spec's path; what is missing is made when the spec says so, as `made`. */
export function visitField(object: Json, spec: FieldSpec, made: Json, change: (slot: Slot) => void): void {
  if (!isOfType(spec, object)) return;
  const walk = (slot: Slot, path: string[]): void => {
    if (path.length === 0) {
      change(slot);
      return;
    }
    const value = slot.get();
    if (value === null || value === undefined) return;
    if (Array.isArray(value)) {
      for (const at of value.keys()) walk(slotOf(value, at), path);
      return;
    }
    if (typeof value !== 'object') throw new PathError('expected sequence or mapping node');
    const [head = '', ...rest] = path;
    const name = head.replace(/\[\]$/, '');
    const makes = spec.create && made !== undefined && name === head;
    if (value[name] === undefined && !makes) return;
    if (makes && (value[name] === undefined || value[name] === null))
      value[name] = rest.length === 0 ? structuredClone(made) : {};
    walk(slotOf(value, name), rest);
  };
  walk({ get: () => object, set: () => {} }, splitPath(spec.path, '/'));
}

const PLACES: Record<string, string> = {
  Pod: 'spec',
  PodTemplate: 'template/spec',
  CronJob: 'spec/jobTemplate/spec/template/spec',
};
const TEMPLATED = 'spec/template/spec';
const inPods = (kinds: string[], paths: string[]): FieldSpec[] =>
  paths.flatMap((path) => kinds.map((kind) => ({ path: `${PLACES[kind] ?? TEMPLATED}/${path}`, kind })));
const at = (path: string, ...kinds: string[]): FieldSpec[] => kinds.map((kind) => ({ path, kind }));
const of = (group: string, specs: FieldSpec[]): FieldSpec[] => specs.map((spec) => ({ ...spec, group }));

const ALL = ['Pod', 'PodTemplate', 'Deployment', 'ReplicaSet', 'DaemonSet', 'StatefulSet', 'Job', 'CronJob'];
const RUN = ['Pod', 'StatefulSet', 'Deployment', 'ReplicationController', 'CronJob', 'Job', 'DaemonSet'];
const inContainers = (path: string): string[] => [`containers/${path}`, `initContainers/${path}`];
const CONFIG_IN_PODS = [
  'volumes/configMap/name',
  ...inContainers('env/valueFrom/configMapKeyRef/name'),
  ...inContainers('envFrom/configMapRef/name'),
  'volumes/projected/sources/configMap/name',
];
const SECRET_IN_PODS = [
  'volumes/secret/secretName',
  ...inContainers('env/valueFrom/secretKeyRef/name'),
  ...inContainers('envFrom/secretRef/name'),
  'imagePullSecrets/name',
  'volumes/projected/sources/secret/name',
];
const NGINX = 'metadata/annotations/nginx.ingress.kubernetes.io\\/';
const RBAC = 'rbac.authorization.k8s.io';
const ADMISSION = 'admissionregistration.k8s.io';

/** Objects of one type and the fields by which others name them. */
export interface BackReference {
  group?: string;
  version?: string;
  kind?: string;
  fieldSpecs: FieldSpec[];
}

/** Which fields name which objects (builtinpluginconsts/namereference.go). */
const nameReference: BackReference[] = [
  ...['Deployment', 'ReplicationController', 'ReplicaSet', 'StatefulSet'].map((kind) => ({
    kind,
    fieldSpecs: at('spec/scaleTargetRef/name', 'HorizontalPodAutoscaler'),
  })),
  {
    kind: 'ConfigMap',
    version: 'v1',
    fieldSpecs: [
      ...inPods(ALL, CONFIG_IN_PODS),
      ...at('spec/configSource/configMap', 'Node'),
      ...at('rules/resourceNames', 'Role', 'ClusterRole'),
      ...at(`${NGINX}fastcgi-params-configmap`, 'Ingress'),
    ],
  },
  {
    kind: 'Secret',
    version: 'v1',
    fieldSpecs: [
      ...inPods(ALL, SECRET_IN_PODS),
      ...at('spec/tls/secretName', 'Ingress'),
      ...at('metadata/annotations/ingress.kubernetes.io\\/auth-secret', 'Ingress'),
      ...at(`${NGINX}auth-secret`, 'Ingress'),
      ...at(`${NGINX}auth-tls-secret`, 'Ingress'),
      ...at('imagePullSecrets/name', 'ServiceAccount'),
      ...['secretName', 'adminSecretName', 'userSecretName', 'secretRef'].flatMap((name) =>
        at(`parameters/${name}`, 'StorageClass'),
      ),
      ...at('rules/resourceNames', 'Role', 'ClusterRole'),
      ...at('spec/azureFile/secretName', 'PersistentVolume'),
    ],
  },
  {
    kind: 'Service',
    version: 'v1',
    fieldSpecs: [
      ...of('apps', at('spec/serviceName', 'StatefulSet')),
      ...at('spec/rules/http/paths/backend/serviceName', 'Ingress'),
      ...at('spec/backend/serviceName', 'Ingress'),
      ...at('spec/rules/http/paths/backend/service/name', 'Ingress'),
      ...at('spec/defaultBackend/service/name', 'Ingress'),
      ...of('apiregistration.k8s.io', at('spec/service/name', 'APIService')),
      ...of(
        ADMISSION,
        at('webhooks/clientConfig/service', 'ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration'),
      ),
    ],
  },
  { kind: 'Role', group: RBAC, fieldSpecs: of(RBAC, at('roleRef/name', 'RoleBinding')) },
  { kind: 'ClusterRole', group: RBAC, fieldSpecs: of(RBAC, at('roleRef/name', 'RoleBinding', 'ClusterRoleBinding')) },
  {
    kind: 'ServiceAccount',
    version: 'v1',
    fieldSpecs: [
      ...of(RBAC, at('subjects', 'RoleBinding', 'ClusterRoleBinding')),
      ...inPods(RUN, ['serviceAccountName']),
    ],
  },
  {
    kind: 'PersistentVolumeClaim',
    version: 'v1',
    fieldSpecs: inPods(RUN, ['volumes/persistentVolumeClaim/claimName']),
  },
  {
    kind: 'PersistentVolume',
    version: 'v1',
    fieldSpecs: [...at('spec/volumeName', 'PersistentVolumeClaim'), ...at('rules/resourceNames', 'ClusterRole')],
  },
  {
    kind: 'StorageClass',
    version: 'v1',
    group: 'storage.k8s.io',
    fieldSpecs: [
      ...at('spec/storageClassName', 'PersistentVolume', 'PersistentVolumeClaim'),
      ...at('spec/volumeClaimTemplates/spec/storageClassName', 'StatefulSet'),
    ],
  },
  {
    kind: 'PriorityClass',
    version: 'v1',
    group: 'scheduling.k8s.io',
    fieldSpecs: inPods(RUN, ['priorityClassName']),
  },
  {
    kind: 'ValidatingAdmissionPolicy',
    group: ADMISSION,
    fieldSpecs: of(ADMISSION, at('spec/policyName', 'ValidatingAdmissionPolicyBinding')),
  },
];

const made = (specs: FieldSpec[]): FieldSpec[] => specs.map((spec) => ({ ...spec, create: true }));
const batch = (specs: FieldSpec[]): FieldSpec[] => of('batch', specs);

const TEMPLATES = (field: string): FieldSpec[] => [
  { path: `metadata/${field}` },
  { path: `spec/template/metadata/${field}`, kind: 'ReplicationController', version: 'v1' },
  ...at(`spec/template/metadata/${field}`, 'Deployment', 'ReplicaSet', 'DaemonSet'),
  ...(field === 'labels'
    ? of('apps', at('spec/template/metadata/labels', 'StatefulSet')).concat(
        of('apps', at('spec/volumeClaimTemplates[]/metadata/labels', 'StatefulSet')),
      )
    : at(`spec/template/metadata/${field}`, 'StatefulSet')),
  ...batch(at(`spec/template/metadata/${field}`, 'Job')),
  ...batch(at(`spec/jobTemplate/metadata/${field}`, 'CronJob')),
  ...batch(at(`spec/jobTemplate/spec/template/metadata/${field}`, 'CronJob')),
];
const AFFINITY = ['podAffinity', 'podAntiAffinity'].flatMap((which) => [
  `spec/template/spec/affinity/${which}/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels`,
  `spec/template/spec/affinity/${which}/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels`,
]);
const SPREADING = [...AFFINITY, 'spec/template/spec/topologySpreadConstraints/labelSelector/matchLabels'];
const NETWORK = ['spec/podSelector', 'spec/ingress/from/podSelector', 'spec/egress/to/podSelector'];

const VARS_IN_PODS = [
  ...['containers', 'initContainers'].flatMap((list) =>
    ['args', 'command', 'env/value', 'volumeMounts/mountPath'].map((field) => `${list}/${field}`),
  ),
  'volumes/nfs/server',
];

/** What the built-in transformers change, and where (api/internal/konfig/builtinpluginconsts). */
export interface TransformerConfig {
  namePrefix: FieldSpec[];
  nameSuffix: FieldSpec[];
  namespace: FieldSpec[];
  labels: FieldSpec[];
  commonLabels: FieldSpec[];
  templateLabels: FieldSpec[];
  commonAnnotations: FieldSpec[];
  images: FieldSpec[];
  replicas: FieldSpec[];
  varReference: FieldSpec[];
  nameReference: BackReference[];
}

export const DEFAULTS: TransformerConfig = {
  namePrefix: [{ path: 'metadata/name' }],
  nameSuffix: [{ path: 'metadata/name' }],
  namespace: [
    { path: 'metadata/name', kind: 'Namespace', create: true },
    { path: 'spec/service/namespace', group: 'apiregistration.k8s.io', kind: 'APIService', create: true },
    ...of(
      'apiextensions.k8s.io',
      at('spec/conversion/webhook/clientConfig/service/namespace', 'CustomResourceDefinition'),
    ),
  ],
  labels: [],
  commonLabels: [
    ...made([
      { path: 'spec/selector', kind: 'Service', version: 'v1' },
      { path: 'spec/selector', kind: 'ReplicationController', version: 'v1' },
      ...at('spec/selector/matchLabels', 'Deployment', 'ReplicaSet', 'DaemonSet'),
      ...of('apps', at('spec/selector/matchLabels', 'StatefulSet')),
    ]),
    ...SPREADING.flatMap((path) => of('apps', at(path, 'Deployment', 'StatefulSet'))),
    ...batch(at('spec/selector/matchLabels', 'Job')),
    ...batch(at('spec/jobTemplate/spec/selector/matchLabels', 'CronJob')),
    ...of('policy', at('spec/selector/matchLabels', 'PodDisruptionBudget')),
    ...NETWORK.flatMap((path) => of('networking.k8s.io', at(`${path}/matchLabels`, 'NetworkPolicy'))),
    ...made(TEMPLATES('labels')),
  ],
  templateLabels: made(TEMPLATES('labels')),
  commonAnnotations: made(TEMPLATES('annotations')),
  images: made(
    ['spec', TEMPLATED].flatMap((place) => [
      { path: `${place}/containers[]/image` },
      { path: `${place}/initContainers[]/image` },
      { path: `${place}/volumes[]/image/reference` },
    ]),
  ),
  replicas: made(at('spec/replicas', 'Deployment', 'StatefulSet', 'ReplicaSet', 'ReplicationController')),
  varReference: [
    ...inPods(['CronJob', 'DaemonSet', 'Deployment', 'Job', 'Pod', 'ReplicaSet', 'StatefulSet'], VARS_IN_PODS),
    ...at('spec/template/metadata/annotations', 'Deployment'),
    ...['spec/rules/host', 'spec/tls/hosts', 'spec/tls/secretName'].flatMap((path) => at(path, 'Ingress')),
    ...['spec/ports/port', 'spec/ports/targetPort'].flatMap((path) => at(path, 'Service')),
    ...at('spec/nfs/server', 'PersistentVolume'),
    { path: 'metadata/labels' },
    { path: 'metadata/annotations' },
  ],
  nameReference,
};

function withSpec(list: FieldSpec[], spec: FieldSpec): FieldSpec[] {
  const same = list.find(
    (one) =>
      one.path === spec.path &&
      (!spec.group || spec.group === one.group) &&
      (!spec.version || spec.version === one.version) &&
      (!spec.kind || spec.kind === one.kind),
  );
  if (!same) return [...list, spec];
  if (!same.create !== !spec.create) throw new PathError('conflicting fieldspecs');
  return list;
}

/** Both lists, each place once. */
export function mergeSpecs(list: FieldSpec[], more: FieldSpec[]): FieldSpec[] {
  return more.reduce(withSpec, list);
}

/** A configuration with what another one adds. */
export function mergeConfig(config: TransformerConfig, more: Partial<TransformerConfig>): TransformerConfig {
  const out = { ...config };
  for (const field of Object.keys(DEFAULTS) as (keyof TransformerConfig)[]) {
    if (field === 'nameReference') continue;
    out[field] = mergeSpecs(config[field], more[field] ?? []);
  }
  for (const { fieldSpecs, ...type } of more.nameReference ?? []) {
    const same = (one: BackReference): boolean =>
      (['group', 'version', 'kind'] as const).every((key) => (one[key] ?? '') === (type[key] ?? ''));
    out.nameReference = out.nameReference.some(same)
      ? out.nameReference.map((one) =>
          same(one) ? { ...one, fieldSpecs: mergeSpecs(one.fieldSpecs, fieldSpecs ?? []) } : one,
        )
      : [...out.nameReference, { ...type, fieldSpecs: fieldSpecs ?? [] }];
  }
  return out;
}
