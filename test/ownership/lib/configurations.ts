import type { Prng } from '../../../src/core/prng.ts';
import type { Json } from '../../../src/kube/object.ts';

/** A kind on which several managers work, and what one of them may say about an object of it. */
export interface Subject {
  apiVersion: string;
  kind: string;
  /** Plural of the resource path. */
  resource: string;
  /** A random part of a configuration, without apiVersion, kind and name. */
  configuration(random: Choice): Json;
  /** A random status, where managers other than controllers write one. */
  status?(random: Choice): Json;
}

const NAMES = ['a', 'b', 'c'];

/** Random choices out of few values, so that managers meet on the same fields, with the same values and with others. */
export class Choice {
  readonly rng: Prng;

  constructor(rng: Prng) {
    this.rng = rng;
  }

  one<T>(...values: readonly T[]): T {
    return values[this.rng.int(values.length)] as T;
  }

  /** Each part is there with that probability. */
  some(parts: Record<string, () => Json>, probability = 0.5): Json {
    const out: Json = {};
    for (const [key, make] of Object.entries(parts)) if (this.rng.chance(probability)) out[key] = make();
    return out;
  }

  map(value: () => Json = () => this.one('x', 'y', '')): Json {
    return this.some(Object.fromEntries(NAMES.map((name) => [name, value])));
  }

  /** Items with distinct keys, in random order. */
  items(key: string, keys: readonly Json[], item: () => Json): Json[] {
    const chosen = keys.filter(() => this.rng.chance(0.5));
    if (this.rng.chance(0.3)) chosen.reverse();
    return chosen.map((value) => ({ [key]: value, ...item() }));
  }

  metadata(): Json {
    return this.some(
      { labels: () => this.map(() => this.one('x', 'y')), annotations: () => this.map(() => this.one('x', 'y')) },
      0.4,
    );
  }
}

function container(random: Choice): Json {
  return {
    image: random.one('i:1', 'i:2'),
    ...random.some(
      {
        command: () => random.one(['sh'], ['sh', '-c', 'x']),
        env: () => random.items('name', NAMES, () => random.one<Json>({ value: 'x' }, { value: 'y' }, {})),
        ports: () =>
          random.items('containerPort', [80, 81], () =>
            random.one<Json>({}, { protocol: 'TCP' }, { protocol: 'UDP', name: 'u' }),
          ),
        volumeMounts: () => random.items('mountPath', ['/a', '/b'], () => ({ name: 'v' })),
        resources: () =>
          random.some({
            limits: () =>
              random.some({ cpu: () => random.one('1', '1000m', '2'), memory: () => random.one('1Gi', '1024Mi') }),
          }),
        securityContext: () =>
          random.some({
            runAsUser: () => random.one(0, 1),
            capabilities: () => ({ add: random.one(['A'], ['A', 'B']) }),
          }),
        livenessProbe: () =>
          random.one<Json>({ httpGet: { path: '/', port: 80 } }, { tcpSocket: { port: 'http' }, periodSeconds: 5 }),
        imagePullPolicy: () => random.one('Always', 'IfNotPresent'),
      },
      0.3,
    ),
  };
}

function podTemplate(random: Choice): Json {
  const containers = random.items('name', NAMES, () => container(random));
  return {
    metadata: { labels: { app: 'a', ...random.some({ tier: () => random.one('x', 'y') }, 0.2) } },
    spec: {
      ...(containers.length > 0 ? { containers } : { containers: [{ name: 'a', image: 'i:1' }] }),
      ...random.some(
        {
          volumes: () => [
            {
              name: 'v',
              ...random.one<Json>({ emptyDir: {} }, { configMap: { name: 'a' } }, { emptyDir: { medium: 'Memory' } }),
            },
          ],
          initContainers: () => [{ name: 'init', image: random.one('i:1', 'i:2') }],
          tolerations: () => [{ key: random.one('a', 'b'), operator: 'Exists' }],
          imagePullSecrets: () => random.items('name', NAMES, () => ({})),
          hostAliases: () => random.items('ip', ['1.2.3.4', '1.2.3.5'], () => ({ hostnames: [random.one('a', 'b')] })),
          nodeSelector: () => random.map(() => random.one('x', 'y')),
          securityContext: () =>
            random.some({ runAsUser: () => random.one(0, 1), fsGroup: () => 5, supplementalGroups: () => [1, 2] }),
          terminationGracePeriodSeconds: () => random.one(0, 30, 60),
          affinity: () => ({
            podAntiAffinity: {
              preferredDuringSchedulingIgnoredDuringExecution: [
                { weight: random.one(1, 2), podAffinityTerm: { topologyKey: 'zone' } },
              ],
            },
          }),
          topologySpreadConstraints: () => [
            { maxSkew: random.one(1, 2), topologyKey: random.one('zone', 'host'), whenUnsatisfiable: 'ScheduleAnyway' },
          ],
        },
        0.2,
      ),
    },
  };
}

/** Controllers leave all of these alone, or touch only their status, which the comparison leaves out. */
export const SUBJECTS: readonly Subject[] = [
  {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    resource: 'configmaps',
    configuration: (random) => ({
      metadata: random.metadata(),
      ...random.some(
        { data: () => random.map(), binaryData: () => random.some({ bin: () => random.one('AA==', 'AQ==') }) },
        0.7,
      ),
    }),
  },
  {
    apiVersion: 'v1',
    kind: 'Secret',
    resource: 'secrets',
    configuration: (random) => ({
      metadata: random.metadata(),
      ...random.some({
        data: () => random.map(() => random.one('eA==', 'eQ==')),
        stringData: () => random.map(() => random.one('x', 'y')),
        type: () => 'Opaque',
      }),
    }),
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    resource: 'services',
    configuration: (random) => ({
      metadata: random.metadata(),
      spec: {
        ports: [
          {
            port: 1,
            name: 'fixed',
            ...random.some({ protocol: () => 'TCP', targetPort: () => random.one<Json>(1, 'x') }, 0.3),
          },
          ...random.items('port', [80, 81, 82], () => ({
            ...random.some({ targetPort: () => random.one<Json>(8080, 'web') }),
            protocol: random.one('TCP', 'UDP'),
          })),
        ].map((port) => ({ ...port, name: `p${port.port}` })),
        ...random.some({
          selector: () => random.map(() => random.one('x', 'y')),
          sessionAffinity: () => random.one('None', 'ClientIP'),
          externalIPs: () => random.one(['1.2.3.4'], ['1.2.3.4', '1.2.3.5']),
          publishNotReadyAddresses: () => random.one(true, false),
        }),
      },
    }),
    status: (random) => ({
      conditions: random.items('type', ['A', 'B'], () => ({
        status: random.one('True', 'False'),
        reason: 'R',
        message: random.one('m', 'n'),
        lastTransitionTime: '2026-01-01T00:00:00Z',
      })),
    }),
  },
  {
    apiVersion: 'v1',
    kind: 'PodTemplate',
    resource: 'podtemplates',
    configuration: (random) => ({ metadata: random.metadata(), template: podTemplate(random) }),
  },
  {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    resource: 'replicasets',
    configuration: (random) => ({
      metadata: random.metadata(),
      spec: {
        selector: { matchLabels: { app: 'a' } },
        template: podTemplate(random),
        replicas: 0,
        ...random.some({ minReadySeconds: () => random.one(0, 1) }, 0.3),
      },
    }),
  },
  {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    resource: 'cronjobs',
    configuration: (random) => ({
      metadata: random.metadata(),
      spec: {
        suspend: true,
        schedule: random.one('0 0 * * *', '@daily'),
        jobTemplate: {
          spec: { template: { ...podTemplate(random), spec: { ...podTemplate(random).spec, restartPolicy: 'Never' } } },
        },
        ...random.some({
          concurrencyPolicy: () => random.one('Allow', 'Forbid'),
          successfulJobsHistoryLimit: () => random.one(1, 3),
        }),
      },
    }),
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    resource: 'roles',
    configuration: (random) => ({
      metadata: random.metadata(),
      ...random.some(
        {
          rules: () => [
            {
              apiGroups: [''],
              resources: [random.one('pods', 'services')],
              verbs: random.one(['get'], ['get', 'list']),
            },
          ],
        },
        0.8,
      ),
    }),
  },
  {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    resource: 'ingresses',
    configuration: (random) => ({
      metadata: random.metadata(),
      spec: {
        defaultBackend: { service: { name: 'a', port: { number: random.one(80, 81) } } },
        ...random.some({
          ingressClassName: () => random.one('a', 'b'),
          rules: () => [
            {
              host: random.one('a.b', 'c.d'),
              http: {
                paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'a', port: { number: 80 } } } }],
              },
            },
          ],
          tls: () => [{ hosts: [random.one('a.b', 'c.d')], secretName: 's' }],
        }),
      },
    }),
    status: (random) => ({ loadBalancer: { ingress: [{ ip: random.one('1.2.3.4', '1.2.3.5') }] } }),
  },
  {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    resource: 'networkpolicies',
    configuration: (random) => ({
      metadata: random.metadata(),
      spec: {
        podSelector: random.one<Json>({}, { matchLabels: { a: random.one('x', 'y') } }),
        ...random.some({
          policyTypes: () => random.one(['Ingress'], ['Ingress', 'Egress']),
          ingress: () => [{ from: [{ podSelector: {} }], ports: [{ port: random.one(80, 81), protocol: 'TCP' }] }],
        }),
      },
    }),
  },
  {
    apiVersion: 'v1',
    kind: 'LimitRange',
    resource: 'limitranges',
    configuration: (random) => ({
      metadata: random.metadata(),
      spec: {
        limits: [
          {
            type: 'Container',
            ...random.some({
              max: () => ({ cpu: random.one('1', '2') }),
              default: () => ({ memory: random.one('1Gi', '2Gi') }),
            }),
          },
        ],
      },
    }),
  },
];
