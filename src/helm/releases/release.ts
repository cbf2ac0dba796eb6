import { gunzipSync, gzipSync } from 'node:zlib';
import { bytesOf, textOf } from '../../core/bytes.ts';
import { UserError } from '../../core/errors.ts';
import type { Chart, ChartFile, Json } from '../chart.ts';
import type { Hook } from '../manifests.ts';
import { Int64 } from '../template/value.ts';
import { ApiRefusal, type KubeClient } from './kube.ts';

export type ReleaseStatus =
  | 'deployed'
  | 'superseded'
  | 'failed'
  | 'uninstalled'
  | 'uninstalling'
  | 'pending-install'
  | 'pending-upgrade'
  | 'pending-rollback'
  | 'unknown';

export interface StoredChart {
  metadata: Chart['metadata'];
  lock: null;
  templates: { name: string; data: string }[];
  values: Json;
  schema: string | null;
  files: { name: string; data: string }[] | null;
}

/** A release as Helm 4.1 keeps it in its Secret (JSON, gzip, base64). Times are RFC 3339. */
export interface Release {
  name: string;
  info: {
    first_deployed: string;
    last_deployed: string;
    deleted?: string;
    description: string;
    status: ReleaseStatus;
    notes?: string;
    /** What `helm status` adds: objects by version and kind. */
    resources?: Record<string, unknown[]>;
  };
  chart: StoredChart;
  config?: Json;
  manifest: string;
  hooks?: Hook[];
  version: number;
  namespace: string;
  apply_method?: 'ssa' | 'csa';
  /** Labels of the Secret, not part of the stored JSON. */
  labels?: Record<string, string>;
}

/** Charts are stored whole, files in base64. Sub-charts are not part of Helm's stored form. */
export function storeChart(chart: Chart): StoredChart {
  const pack = (files: ChartFile[], prefix: string): { name: string; data: string }[] =>
    files.map((file) => ({ name: prefix + file.name, data: bytesOf(file.data).toString('base64') }));
  return {
    metadata: chart.metadata,
    lock: null,
    templates: pack(chart.templates, ''),
    values: chart.values,
    schema: chart.schema === undefined ? null : Buffer.from(chart.schema).toString('base64'),
    files: chart.files.length > 0 ? pack(chart.files, '') : null,
  };
}

/** The chart of a stored release, to render it again. */
export function unstoreChart(stored: StoredChart): Chart {
  const unpack = (files: { name: string; data: string }[] | null): ChartFile[] =>
    (files ?? []).map((file) => ({ name: file.name, data: textOf(Buffer.from(file.data, 'base64')) }));
  return {
    metadata: stored.metadata,
    templates: unpack(stored.templates),
    files: unpack(stored.files),
    crds: [],
    values: stored.values ?? {},
    valuesText: '',
    dependencies: [],
  };
}

function replacer(_key: string, value: unknown): unknown {
  return value instanceof Int64 ? Number(value.value) : value;
}

export function encodeRelease(release: Release): string {
  const { labels: _labels, ...stored } = release;
  const zipped = gzipSync(JSON.stringify(stored, replacer), { level: 9 });
  return Buffer.from(zipped.toString('base64')).toString('base64');
}

export function decodeRelease(data: string): Release {
  const zipped = Buffer.from(Buffer.from(data, 'base64').toString(), 'base64');
  return JSON.parse(gunzipSync(zipped).toString()) as Release;
}

interface ReleaseSecret {
  metadata: { name: string; namespace: string; labels?: Record<string, string>; resourceVersion?: string };
  data?: { release?: string };
}

/** Helm's own error for a release that does not exist. */
export class ReleaseNotFound extends UserError {
  constructor() {
    super('NOT_FOUND', 'release: not found');
  }
}

const SYSTEM_LABELS = ['name', 'owner', 'status', 'version', 'createdAt', 'modifiedAt'];

/** Labels that the user gave the release (`--labels`). */
export function ownLabels({ labels = {} }: Release): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([key]) => !SYSTEM_LABELS.includes(key)));
}

/** Release records in Secrets `sh.helm.release.v1.<name>.v<n>`. */
export class ReleaseStore {
  constructor(
    readonly kube: KubeClient,
    readonly namespace: string,
  ) {}

  #path(release: { name: string; version: number; namespace: string }): string {
    return `/api/v1/namespaces/${release.namespace}/secrets/sh.helm.release.v1.${release.name}.v${release.version}`;
  }

  #secret(release: Release, stamp: 'createdAt' | 'modifiedAt'): Json {
    const seconds = Math.floor(this.kube.cluster.clock.now() / 1000);
    return {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name: `sh.helm.release.v1.${release.name}.v${release.version}`,
        namespace: release.namespace,
        labels: {
          ...ownLabels(release),
          [stamp]: String(seconds),
          name: release.name,
          owner: 'helm',
          status: release.info.status,
          version: String(release.version),
        },
      },
      type: 'helm.sh/release.v1',
      data: { release: encodeRelease(release) },
    };
  }

  /** Makes room for one more revision: the oldest go, never the deployed one. 0 keeps all. */
  async prune(name: string, historyMax: number): Promise<void> {
    if (historyMax <= 0) return;
    const history = await this.history(name);
    const deployed = history.findLast((r) => r.info.status === 'deployed')?.version;
    let count = history.length;
    for (const old of history) {
      if (count < historyMax) return;
      if (old.version === deployed) continue;
      await this.delete(old);
      count--;
    }
  }

  async create(release: Release): Promise<void> {
    const path = `/api/v1/namespaces/${release.namespace}/secrets?fieldManager=Helm`;
    try {
      await this.kube.json('POST', path, this.#secret(release, 'createdAt'));
    } catch (error) {
      throw error instanceof ApiRefusal
        ? new ApiRefusal(`create: failed to create: ${error.message}`, error.status)
        : error;
    }
  }

  async update(release: Release): Promise<void> {
    await this.kube.json('PUT', `${this.#path(release)}?fieldManager=Helm`, this.#secret(release, 'modifiedAt'));
  }

  async delete(release: Release): Promise<void> {
    await this.kube.json('DELETE', this.#path(release));
  }

  /** All revisions that the labels select, in order of name and revision. An empty namespace means all. */
  async query(labels: Record<string, string>): Promise<Release[]> {
    const selector = Object.entries({ owner: 'helm', ...labels }).map(([key, value]) => `${key}=${value}`);
    const scope = this.namespace ? `/namespaces/${this.namespace}` : '';
    const list = await this.kube.json(
      'GET',
      `/api/v1${scope}/secrets?labelSelector=${encodeURIComponent(selector.join(','))}`,
    );
    const releases: Release[] = [];
    for (const secret of (list?.['items'] ?? []) as ReleaseSecret[]) {
      if (!secret.data?.release) continue;
      const release = decodeRelease(secret.data.release);
      releases.push({ ...release, labels: secret.metadata.labels ?? {} });
    }
    return releases.sort(
      (a, b) => compare(a.namespace, b.namespace) || compare(a.name, b.name) || a.version - b.version,
    );
  }

  async history(name: string): Promise<Release[]> {
    return this.query({ name });
  }

  async last(name: string): Promise<Release> {
    const release = (await this.history(name)).at(-1);
    if (!release) throw new ReleaseNotFound();
    return release;
  }

  /** A revision, or the last one for 0. */
  async get(name: string, revision = 0): Promise<Release> {
    if (revision === 0) return this.last(name);
    const release = (await this.history(name)).find((r) => r.version === revision);
    if (!release) throw new ReleaseNotFound();
    return release;
  }

  async deployed(name: string): Promise<Release | undefined> {
    return (await this.history(name)).findLast((r) => r.info.status === 'deployed');
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** RFC 3339 with the trailing zeros of the fraction dropped, as Go writes it. */
export function timestamp(ms: number): string {
  return new Date(ms).toISOString().replace(/\.?0*Z$/, 'Z');
}

const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** Throws in Helm's words when a release may not be called so. */
export function checkReleaseName(name: string): void {
  if (NAME.test(name) && name.length <= 53) return;
  const rule = 'must match regex ^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$';
  throw new UserError(
    'INVALID_ARGUMENT',
    `release name "${name}": invalid release name, ${rule} and the length must not be longer than 53`,
  );
}
