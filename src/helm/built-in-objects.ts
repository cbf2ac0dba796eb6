import { bytesOf } from '../core/bytes.ts';
import type { ChartFile } from './chart.ts';
import { fn } from './functions/table.ts';
import { formatV } from './template/format.ts';
import {
  compareStrings,
  GoBytes,
  type GoFunction,
  GoMap,
  GoObject,
  toJson,
  typedList,
  type Value,
} from './template/value.ts';
import { emitYaml } from './yaml/emit.ts';

/** `.Files` of templates: bytes by path. */
export class Files extends GoObject {
  readonly typeName = 'engine.files';
  override readonly kind = 'map';
  override readonly length: number;
  constructor(readonly files: readonly ChartFile[]) {
    super();
    this.length = files.length;
  }

  #text(name: string): string {
    return this.files.find((file) => file.name === name)?.data ?? '';
  }

  override method(name: string): GoFunction | undefined {
    switch (name) {
      case 'Get':
        return fn('string', (path: string) => this.#text(path));
      case 'GetBytes':
        return fn('string', (path: string) => new GoBytes(this.#text(path)));
      case 'Lines':
        return fn('string', (path: string) => typedList('[]string', lines(this.#text(path))));
      case 'Glob':
        return fn('string', (pattern: string) => new Files(this.files.filter((file) => glob(pattern).test(file.name))));
      case 'AsConfig':
        return fn('', () => this.#asMap((data) => data));
      case 'AsSecrets':
        return fn('', () => this.#asMap((data) => bytesOf(data).toString('base64')));
      default:
        return undefined;
    }
  }

  #asMap(convert: (data: string) => string): string {
    const map = new GoMap();
    for (const file of this.files) map.set(file.name.split('/').at(-1) ?? '', convert(file.data));
    return emitYaml(map).replace(/\n$/, '');
  }

  override entries(): [string, Value][] {
    const items = this.files.map((file): [string, Value] => [file.name, new GoBytes(file.data)]);
    return items.sort(([a], [b]) => compareStrings(a, b));
  }

  override field(name: string): { value: Value } | undefined {
    return { value: new GoBytes(this.#text(name)) };
  }

  override toJson(): unknown {
    return Object.fromEntries(this.files.map((file) => [file.name, bytesOf(file.data).toString('base64')]));
  }

  print(): string {
    return `map[${(this.entries() ?? []).map(([name, data]) => `${name}:${formatV(data)}`).join(' ')}]`;
  }
}

function lines(text: string): Value[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

/** gobwas/glob with `/` as separator; a pattern that is wrong matches all. */
function glob(pattern: string): RegExp {
  let source = '';
  let depth = 0;
  for (let at = 0; at < pattern.length; at++) {
    const ch = pattern[at] ?? '';
    if (pattern.startsWith('**', at)) {
      source += '.*';
      at++;
    } else if (ch === '*') source += '[^/]*';
    else if (ch === '?') source += '[^/]';
    else if (ch === '\\') source += (pattern[++at] ?? '').replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
    else if (ch === '[') {
      const end = pattern.indexOf(']', at);
      if (end < 0) return /^.*$/s;
      source += `[${pattern.slice(at + 1, end).replace(/^!/, '^')}]`;
      at = end;
    } else if (ch === '{') {
      depth++;
      source += '(?:';
    } else if (ch === '}' && depth > 0) {
      depth--;
      source += ')';
    } else if (ch === ',' && depth > 0) source += '|';
    else source += ch.replace(/[\^$.*+?()[\]{}|]/g, '\\$&');
  }
  return depth > 0 ? /^.*$/s : new RegExp(`^${source}$`, 's');
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
  override toJson(): unknown {
    const { Version, Major, Minor } = this.#fields;
    return { Version, Major, Minor };
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

/** Helm's version as templates see it. */
export class VersionInfo extends GoObject {
  readonly typeName = 'version.BuildInfo';
  override field(name: string): { value: Value } | undefined {
    return name in HELM_VERSION ? { value: HELM_VERSION[name as keyof typeof HELM_VERSION] } : undefined;
  }
  override toJson(): unknown {
    const names: Record<string, string> = {};
    for (const [name, value] of Object.entries(HELM_VERSION))
      names[name.replace(/(?!^)[A-Z]/g, '_$&').toLowerCase()] = value;
    return { version: names['version'], ...names };
  }
  print(): string {
    return `{${Object.values(HELM_VERSION).join(' ')}}`;
  }
}

class VersionSet extends GoObject {
  readonly typeName = 'common.VersionSet';
  override readonly kind = 'slice';
  override readonly length: number;
  constructor(readonly versions: readonly string[]) {
    super();
    this.length = versions.length;
  }
  override entries(): [string, Value][] {
    return this.versions.map((version, i) => [BigInt(i) as unknown as string, version]);
  }
  override toJson(): unknown {
    return this.versions;
  }
  override method(name: string): GoFunction | undefined {
    return name === 'Has' ? fn('string', (version: string) => this.versions.includes(version)) : undefined;
  }
  print(): string {
    return `[${this.versions.join(' ')}]`;
  }
}

/** Group versions that `helm template` assumes without a cluster: those of client-go, in its order. */
export const KNOWN_VERSIONS: readonly string[] = (
  'v1 admissionregistration.k8s.io/v1 admissionregistration.k8s.io/v1alpha1 admissionregistration.k8s.io/v1beta1 ' +
  'internal.apiserver.k8s.io/v1alpha1 apps/v1 apps/v1beta1 apps/v1beta2 authentication.k8s.io/v1 ' +
  'authentication.k8s.io/v1alpha1 authentication.k8s.io/v1beta1 authorization.k8s.io/v1 authorization.k8s.io/v1beta1 ' +
  'autoscaling/v1 autoscaling/v2 autoscaling/v2beta1 autoscaling/v2beta2 batch/v1 batch/v1beta1 certificates.k8s.io/v1 ' +
  'certificates.k8s.io/v1beta1 certificates.k8s.io/v1alpha1 coordination.k8s.io/v1alpha2 coordination.k8s.io/v1beta1 ' +
  'coordination.k8s.io/v1 discovery.k8s.io/v1 discovery.k8s.io/v1beta1 events.k8s.io/v1 events.k8s.io/v1beta1 ' +
  'extensions/v1beta1 flowcontrol.apiserver.k8s.io/v1 flowcontrol.apiserver.k8s.io/v1beta1 ' +
  'flowcontrol.apiserver.k8s.io/v1beta2 flowcontrol.apiserver.k8s.io/v1beta3 networking.k8s.io/v1 ' +
  'networking.k8s.io/v1beta1 node.k8s.io/v1 node.k8s.io/v1alpha1 node.k8s.io/v1beta1 policy/v1 policy/v1beta1 ' +
  'rbac.authorization.k8s.io/v1 rbac.authorization.k8s.io/v1beta1 rbac.authorization.k8s.io/v1alpha1 resource.k8s.io/v1 ' +
  'resource.k8s.io/v1beta2 resource.k8s.io/v1beta1 resource.k8s.io/v1alpha3 scheduling.k8s.io/v1alpha1 ' +
  'scheduling.k8s.io/v1beta1 scheduling.k8s.io/v1 storage.k8s.io/v1beta1 storage.k8s.io/v1 storage.k8s.io/v1alpha1 ' +
  'storagemigration.k8s.io/v1beta1 apiextensions.k8s.io/v1beta1 apiextensions.k8s.io/v1'
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
    if (name === 'HelmVersion') return { value: new VersionInfo() };
    if (name === 'APIVersions') return { value: new VersionSet(this.apiVersions) };
    return undefined;
  }
  override toJson(): unknown {
    const names = ['KubeVersion', 'APIVersions', 'HelmVersion'];
    return Object.fromEntries(names.map((name) => [name, toJson(this.field(name)?.value)]));
  }
  print(): string {
    const [major = '', minor = ''] = this.kubeVersion.replace(/^v/, '').split('.');
    const kube = `{${this.kubeVersion} ${this.kubeVersion} ${major} ${minor}}`;
    return `{${kube} [${this.apiVersions.join(' ')}] ${new VersionInfo().print()}}`;
  }
}
