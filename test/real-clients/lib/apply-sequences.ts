import { Prng } from '../../../src/core/prng.ts';
import { clone, type Json } from '../../../src/kube/object.ts';

/** One command line of a sequence and the file that it reads. */
export interface Move {
  file?: { path: string; text: string };
  run: string;
}

/** What happens to one object: manifests applied one after the other, others' edits in between. */
export interface Sequence {
  /** `deployment.apps/s7` */
  object: string;
  moves: Move[];
}

const NAMES = ['a', 'b', 'c', 'd'];
/** Without workloads that run: what controllers write would be another story. */
const KINDS = [
  'deployment',
  'service',
  'configmap',
  'ingress',
  'networkpolicy',
  'pdb',
  'account',
  'role',
  'gadget',
] as const;

/** A custom resource definition that the sequences need. */
export const GADGETS = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'gadgets.patches.example.com' },
  spec: {
    group: 'patches.example.com',
    scope: 'Namespaced',
    names: { plural: 'gadgets', singular: 'gadget', kind: 'Gadget' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: { spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          },
        },
      },
    ],
  },
};

/** Makes sequences of `kubectl apply` and other edits of one object each; the same seed makes the same ones. */
export class ApplySequences {
  readonly #rng: Prng;
  #count = 0;

  constructor(seed: string) {
    this.#rng = new Prng(seed);
  }

  next(): Sequence {
    const kind = this.#pick(KINDS);
    const name = `s${this.#count++}`;
    let manifest = this.#manifest(kind, name);
    const object = `${manifest.kind.toLowerCase()}${manifest.apiVersion.includes('/') ? `.${manifest.apiVersion.split('/')[0]}` : ''}/${name}`;
    const moves: Move[] = [this.#apply(manifest)];
    for (let left = 3 + this.#rng.int(3); left > 0; left--) {
      if (this.#rng.chance(0.4)) moves.push(this.#edit(object, this.#manifest(kind, name)));
      manifest = this.#rng.chance(0.15) ? manifest : this.#changed(manifest, this.#manifest(kind, name));
      moves.push(this.#apply(manifest));
    }
    return { object, moves };
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.#rng.int(list.length)] as T;
  }

  #some<T>(list: readonly T[], share = 0.5): T[] {
    const out = list.filter(() => this.#rng.chance(share));
    for (let at = out.length - 1; at > 0; at--) {
      const other = this.#rng.int(at + 1);
      [out[at], out[other]] = [out[other] as T, out[at] as T];
    }
    return out;
  }

  #pairs(share = 0.4): Json {
    return Object.fromEntries(this.#some(NAMES, share).map((name) => [name, this.#pick(['1', '2', 'x'])]));
  }

  #maybe(share: number, part: () => Json): Json {
    return this.#rng.chance(share) ? part() : {};
  }

  #apply(manifest: Json): Move {
    const flags = this.#pick(['', '', '', '', '', '', ' -o yaml', ' --dry-run=server', ' --dry-run=client']);
    return {
      file: { path: 'object.json', text: JSON.stringify(manifest, null, 1) },
      run: `kubectl apply -f object.json${flags}`,
    };
  }

  /** An edit that goes past the annotation of apply. */
  #edit(object: string, other: Json): Move {
    const { metadata, apiVersion: _, kind: __, ...rest } = other;
    const { labels, annotations, finalizers } = metadata;
    const part = this.#pick([rest, rest, { metadata: { labels, annotations, finalizers } }]);
    const type = this.#pick(['merge', 'strategic']);
    if (this.#rng.chance(0.2))
      return { run: `kubectl annotate ${object} --overwrite ${this.#pick(NAMES)}=edited ${this.#pick(NAMES)}-` };
    return {
      file: { path: 'patch.json', text: JSON.stringify(part) },
      run: `kubectl patch ${object} --type ${object.startsWith('gadget') ? 'merge' : type} --patch-file patch.json`,
    };
  }

  /** The manifest with some of its parts taken from another, some gone and some null. */
  #changed(manifest: Json, other: Json, depth = 0): Json {
    const out: Json = {};
    for (const key of new Set([...Object.keys(manifest), ...Object.keys(other)])) {
      const [mine, theirs] = [manifest[key], other[key]];
      const fate = this.#rng.float();
      const isFixed = ['apiVersion', 'kind', 'name', 'selector', 'roleRef'].includes(key);
      if (isFixed) out[key] = mine ?? theirs;
      else if (
        mine &&
        theirs &&
        typeof mine === 'object' &&
        typeof theirs === 'object' &&
        !Array.isArray(mine) &&
        depth < 8
      )
        out[key] = fate < 0.04 && depth > 1 ? null : this.#changed(mine, theirs, depth + 1);
      else if (fate < 0.45 && mine !== undefined) out[key] = clone(mine);
      else if (fate < 0.9 && theirs !== undefined) out[key] = clone(theirs);
      else if (fate < 0.94 && depth > 1 && key !== 'containers') out[key] = null;
    }
    return out;
  }

  #manifest(kind: (typeof KINDS)[number], name: string): Json {
    const metadata = {
      name,
      ...this.#maybe(0.6, () => ({ labels: this.#pairs() })),
      ...this.#maybe(0.5, () => ({ annotations: this.#pairs() })),
      ...this.#maybe(0.4, () => ({ finalizers: this.#some(NAMES).map((one) => `example.com/${one}`) })),
    };
    switch (kind) {
      case 'deployment':
        return { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: this.#deployment() };
      case 'service':
        return { apiVersion: 'v1', kind: 'Service', metadata, spec: this.#service() };
      case 'configmap':
        return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: this.#pairs(0.6) };
      case 'ingress':
        return { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata, spec: this.#ingress() };
      case 'networkpolicy':
        return { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata, spec: this.#policy() };
      case 'pdb':
        return {
          apiVersion: 'policy/v1',
          kind: 'PodDisruptionBudget',
          metadata,
          spec: { minAvailable: this.#pick([1, '50%']), selector: { matchLabels: this.#pairs() } },
        };
      case 'account':
        return {
          apiVersion: 'v1',
          kind: 'ServiceAccount',
          metadata,
          secrets: this.#some(NAMES).map((one) => ({ name: one })),
          imagePullSecrets: this.#some(NAMES).map((one) => ({ name: one })),
        };
      case 'role':
        return {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'Role',
          metadata,
          rules: this.#some(NAMES).map((one) => ({
            apiGroups: [''],
            resources: [one],
            verbs: this.#some(['get', 'list'], 0.8),
          })),
        };
      case 'gadget':
        return {
          apiVersion: 'patches.example.com/v1',
          kind: 'Gadget',
          metadata,
          spec: {
            ...this.#pairs(),
            list: this.#some(NAMES),
            parts: this.#some(NAMES).map((one) => ({ name: one, at: this.#pairs() })),
            deep: { er: this.#pairs() },
          },
        };
    }
  }

  #deployment(): Json {
    const rng = this.#rng;
    const volumes = this.#some(NAMES);
    return {
      paused: true,
      replicas: 0,
      ...this.#maybe(0.4, () => ({ minReadySeconds: rng.int(3) })),
      ...this.#maybe(0.6, () => ({
        strategy: rng.chance(0.4)
          ? { type: 'Recreate' }
          : { type: 'RollingUpdate', rollingUpdate: { maxSurge: rng.int(3) } },
      })),
      selector: { matchLabels: { app: 'x' } },
      template: {
        metadata: { labels: { app: 'x', ...this.#pairs(0.2) } },
        spec: {
          containers: this.#some(NAMES)
            .concat('main')
            .map((name) => this.#container(name, volumes)),
          ...this.#maybe(0.3, () => ({
            initContainers: this.#some(['e', 'f']).map((name) => this.#container(name, volumes)),
          })),
          ...this.#maybe(0.5, () => ({ nodeSelector: this.#pairs() })),
          ...this.#maybe(0.5, () => ({
            tolerations: this.#some(NAMES).map((key) => ({
              key,
              operator: 'Exists',
              ...this.#maybe(0.5, () => ({ effect: 'NoSchedule' })),
            })),
          })),
          ...this.#maybe(0.4, () => ({ imagePullSecrets: this.#some(NAMES).map((name) => ({ name })) })),
          ...this.#maybe(0.3, () => ({
            hostAliases: this.#some(['10.0.0.1', '10.0.0.2', '10.0.0.3']).map((ip) => ({
              ip,
              hostnames: this.#some(NAMES, 0.7),
            })),
          })),
          ...this.#maybe(0.3, () => ({
            securityContext: this.#maybe(0.7, () => ({
              runAsUser: rng.int(3),
              supplementalGroups: this.#some([1, 2, 3]),
            })),
          })),
          ...this.#maybe(0.3, () => ({
            topologySpreadConstraints: this.#some(NAMES).map((topologyKey) => ({
              topologyKey,
              maxSkew: 1 + rng.int(2),
              whenUnsatisfiable: 'ScheduleAnyway',
              labelSelector: { matchLabels: this.#pairs() },
            })),
          })),
          volumes: volumes.map((name) => this.#volume(name)),
        },
      },
    };
  }

  #container(name: string, volumes: string[]): Json {
    const rng = this.#rng;
    return {
      name,
      image: this.#pick(['nginx:1.25', 'busybox:1.36']),
      ...this.#maybe(0.5, () => ({ command: this.#some(NAMES) })),
      ...this.#maybe(0.6, () => ({
        env: this.#some(['A', 'B', 'C', 'D']).map((key) =>
          rng.chance(0.6)
            ? { name: key, value: this.#pick(['1', '2']) }
            : { name: key, valueFrom: { configMapKeyRef: { name: 'm', key: 'k' } } },
        ),
      })),
      ...this.#maybe(0.5, () => ({
        ports: this.#some([80, 81, 82]).map((containerPort) => ({
          containerPort,
          ...this.#maybe(0.4, () => ({ name: `p${containerPort}` })),
        })),
      })),
      ...this.#maybe(0.5, () => ({
        resources: {
          ...this.#maybe(0.6, () => ({ limits: { cpu: this.#pick(['1', '500m', '0.5']) } })),
          ...this.#maybe(0.6, () => ({ requests: { memory: this.#pick(['64Mi', '1Gi']), cpu: '100m' } })),
        },
      })),
      ...this.#maybe(0.4, () => ({
        readinessProbe: {
          periodSeconds: 1 + rng.int(3),
          ...(rng.chance(0.5) ? { httpGet: { path: '/', port: 80 } } : { tcpSocket: { port: 80 } }),
        },
      })),
      ...this.#maybe(0.3, () => ({
        securityContext: { capabilities: { add: this.#some(['NET_ADMIN', 'SYS_TIME']) } },
      })),
      volumeMounts: this.#some(volumes).map((volume) => ({
        name: volume,
        mountPath: `/${volume}`,
        ...this.#maybe(0.3, () => ({ readOnly: true })),
      })),
    };
  }

  #volume(name: string): Json {
    const source = this.#pick([
      { emptyDir: {} },
      { emptyDir: { medium: 'Memory' } },
      {
        configMap: {
          name: 'm',
          ...this.#maybe(0.5, () => ({ items: this.#some(NAMES).map((key) => ({ key, path: key })) })),
        },
      },
      { hostPath: { path: '/tmp' } },
      { secret: { secretName: 's' } },
    ]);
    return { name, ...source };
  }

  #service(): Json {
    const rng = this.#rng;
    const ports = this.#some([80, 81, 82]).concat(90);
    return {
      ...this.#maybe(0.7, () => ({ selector: this.#pairs(0.6) })),
      ...this.#maybe(0.3, () => ({ externalIPs: this.#some(['10.1.0.1', '10.1.0.2']) })),
      ...this.#maybe(0.3, () => ({ sessionAffinity: this.#pick(['None', 'ClientIP']) })),
      ports: ports.map((port) => ({
        port,
        name: `n${port}`,
        ...this.#maybe(0.5, () => ({ targetPort: rng.int(2) + 8080 })),
        ...this.#maybe(0.4, () => ({ protocol: 'TCP' })),
      })),
    };
  }

  #ingress(): Json {
    const backend = (): Json => ({
      service: { name: this.#pick(NAMES), port: this.#pick([{ number: 80 }, { name: 'http' }]) },
    });
    return {
      ...this.#maybe(0.5, () => ({ defaultBackend: backend() })),
      ...this.#maybe(0.5, () => ({
        tls: this.#some(NAMES).map((secretName) => ({ secretName, hosts: this.#some(['a.example', 'b.example']) })),
      })),
      rules: ['x.example', ...this.#some(['a.example', 'b.example'])].map((host) => ({
        host,
        http: { paths: [{ path: '/', pathType: 'Prefix', backend: backend() }] },
      })),
    };
  }

  #policy(): Json {
    const peers = (): Json => this.#some(NAMES).map((name) => ({ podSelector: { matchLabels: { [name]: 'x' } } }));
    return {
      podSelector: { matchLabels: this.#pairs() },
      ...this.#maybe(0.6, () => ({ policyTypes: this.#some(['Ingress', 'Egress'], 0.8) })),
      ...this.#maybe(0.6, () => ({
        ingress: [{ from: peers(), ports: this.#some([80, 81]).map((port) => ({ port })) }],
      })),
    };
  }
}
