import type { ChartFile } from './chart.ts';
import { fn } from './functions/table.ts';
import { type GoFunction, GoMap, GoObject, type Value } from './template/value.ts';
import { emitYaml } from './yaml/emit.ts';

/** `.Files` of templates. */
export class Files extends GoObject {
  readonly typeName = 'engine.files';
  override readonly kind = 'map';
  constructor(readonly files: readonly ChartFile[]) {
    super();
  }

  #text(name: string): string {
    return this.files.find((file) => file.name === name)?.data ?? '';
  }

  override method(name: string): GoFunction | undefined {
    switch (name) {
      case 'Get':
        return fn('string', (path: string) => this.#text(path));
      case 'GetBytes':
        return fn('string', (path: string) => this.#text(path));
      case 'Lines':
        return fn('string', (path: string) => lines(this.#text(path)));
      case 'Glob':
        return fn('string', (pattern: string) => new Files(this.files.filter((file) => glob(pattern).test(file.name))));
      case 'AsConfig':
        return fn('', () => this.#asMap((data) => data));
      case 'AsSecrets':
        return fn('', () => this.#asMap((data) => Buffer.from(data).toString('base64')));
      default:
        return undefined;
    }
  }

  #asMap(convert: (data: string) => string): string {
    if (this.files.length === 0) return '';
    const map = new GoMap();
    for (const file of this.files) map.set(file.name.split('/').at(-1) ?? '', convert(file.data));
    return emitYaml(map).replace(/\n$/, '');
  }

  override entries(): [string, Value][] {
    return this.files.map((file): [string, Value] => [file.name, file.data]).sort(([a], [b]) => (a < b ? -1 : 1));
  }

  override field(name: string): { value: Value } | undefined {
    const file = this.files.find((f) => f.name === name);
    return file ? { value: file.data } : undefined;
  }

  print(): string {
    return `map[${this.files.map((file) => `${file.name}:${file.data}`).join(' ')}]`;
  }
}

function lines(text: string): Value {
  const all = text.split('\n');
  if (all.at(-1) === '') all.pop();
  return all;
}

function glob(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^$()|\\]/g, '\\$&')
    .replace(/\*\*\/?|\*|\?/g, (m) => (m.startsWith('**') ? '.*' : m === '*' ? '[^/]*' : '[^/]'))
    .replace(/\{([^}]*)\}/g, (_, body: string) => `(${body.split(',').join('|')})`);
  return new RegExp(`^${source}$`);
}

class KubeVersion extends GoObject {
  readonly typeName = 'common.KubeVersion';
  readonly #fields: Record<string, string>;
  constructor(readonly version: string) {
    super();
    const [major = '', minor = ''] = version.replace(/^v/, '').split('.');
    this.#fields = { Version: version, GitVersion: version, Major: major, Minor: minor };
  }
  override field(name: string): { value: Value } | undefined {
    return name in this.#fields ? { value: this.#fields[name] } : undefined;
  }
  override method(name: string): GoFunction | undefined {
    return name === 'String' ? fn('', () => this.version) : undefined;
  }
  print(): string {
    return this.version;
  }
}

/** Helm's own version, which `.Capabilities.HelmVersion` and `helm version` tell. */
export const HELM_VERSION = {
  Version: 'v4.1.4',
  GitCommit: '05fa37973dc9e42b76e1d2883494c87174b6074f',
  GitTreeState: 'clean',
  GoVersion: 'go1.25.9',
  KubeClientVersion: 'v1.35',
} as const;

class HelmVersion extends GoObject {
  readonly typeName = 'version.BuildInfo';
  override field(name: string): { value: Value } | undefined {
    return name in HELM_VERSION ? { value: HELM_VERSION[name as keyof typeof HELM_VERSION] } : undefined;
  }
  print(): string {
    return `{${Object.values(HELM_VERSION).join(' ')}}`;
  }
}

class VersionSet extends GoObject {
  readonly typeName = 'common.VersionSet';
  override readonly kind = 'slice';
  constructor(readonly versions: readonly string[]) {
    super();
  }
  override method(name: string): GoFunction | undefined {
    return name === 'Has' ? fn('string', (version: string) => this.versions.includes(version)) : undefined;
  }
  print(): string {
    return `[${this.versions.join(' ')}]`;
  }
}

/** Group versions (and `group/version/Kind`) that `helm template` assumes without a cluster: those of client-go. */
const KNOWN_VERSIONS = (
  'v1 admissionregistration.k8s.io/v1 apiextensions.k8s.io/v1 apiregistration.k8s.io/v1 apps/v1 authentication.k8s.io/v1 ' +
  'authorization.k8s.io/v1 autoscaling/v1 autoscaling/v2 batch/v1 certificates.k8s.io/v1 coordination.k8s.io/v1 ' +
  'discovery.k8s.io/v1 events.k8s.io/v1 flowcontrol.apiserver.k8s.io/v1 networking.k8s.io/v1 node.k8s.io/v1 policy/v1 ' +
  'rbac.authorization.k8s.io/v1 resource.k8s.io/v1 scheduling.k8s.io/v1 storage.k8s.io/v1 ' +
  'networking.k8s.io/v1/Ingress networking.k8s.io/v1/IngressClass networking.k8s.io/v1/NetworkPolicy policy/v1/PodDisruptionBudget ' +
  'apps/v1/Deployment apps/v1/StatefulSet apps/v1/DaemonSet batch/v1/Job batch/v1/CronJob autoscaling/v2/HorizontalPodAutoscaler'
).split(' ');

/** `.Capabilities` of templates. */
export class Capabilities extends GoObject {
  readonly typeName = '*common.Capabilities';
  override readonly kind = 'ptr';
  constructor(
    readonly kubeVersion: string,
    readonly apiVersions: readonly string[],
  ) {
    super();
  }
  override field(name: string): { value: Value } | undefined {
    if (name === 'KubeVersion') return { value: new KubeVersion(this.kubeVersion) };
    if (name === 'HelmVersion') return { value: new HelmVersion() };
    if (name === 'APIVersions') return { value: new VersionSet([...KNOWN_VERSIONS, ...this.apiVersions]) };
    return undefined;
  }
  print(): string {
    return `&{${this.kubeVersion}}`;
  }
}
