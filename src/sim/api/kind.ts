import type { KubeObject } from '../../kube/object.ts';
import type { FieldError } from '../../kube/status.ts';

/** Identifies a kind: `apps/v1 Deployment`; plural, short names and schema come from the API data file. */
export interface KindRef {
  /** '' for the core group. */
  group: string;
  version: string;
  kind: string;
}

export interface TableColumn {
  name: string;
  type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  format?: string;
  description?: string;
  /** 0 is shown always, 1 with -o wide. */
  priority: number;
}

export interface TableContext {
  /** Virtual time, for ages (epoch ms). */
  nowMs: number;
}

/** What strategies may look at beside the object itself. */
export interface StrategyContext {
  nowIso: string;
  nowMs: number;
  uuid(): string;
  /** Set when nothing will be stored: allocators then look without taking. */
  dryRun?: boolean;
  /** Reads another object (undefined when missing). */
  get(ref: KindRef, namespace: string | undefined, name: string): KubeObject | undefined;
  list(ref: KindRef, namespace?: string): readonly KubeObject[];
}

/**
 * One kind of the API in one file: what upstream spreads over defaults, strategy, validation and printers.
 * `draft` is a private copy that may be changed in place; all other objects are immutable.
 */
export interface KindDef extends KindRef {
  /** Fills upstream's defaults (SetDefaults_*), on create and update, before validation. */
  setDefaults?(draft: KubeObject): void;
  /** PrepareForCreate: drop status, allocate what the registry allocates (cluster IPs, node ports), set generation. */
  prepareForCreate?(draft: KubeObject, ctx: StrategyContext): void;
  /** PrepareForUpdate of the main resource: keep the old status; generation is bumped by the store when spec changed. */
  prepareForUpdate?(draft: KubeObject, old: KubeObject, ctx: StrategyContext): void;
  validate?(object: KubeObject, ctx: StrategyContext): FieldError[];
  /** What holds for new objects only. */
  validateCreate?(object: KubeObject): FieldError[];
  /** Whether an update's errors name forbidden changes before what is wrong with the whole object. */
  changesFirst?: boolean;
  /** Includes immutability. `validate` is run by the store as well where upstream does so (most kinds). */
  validateUpdate?(object: KubeObject, old: KubeObject, ctx: StrategyContext): FieldError[];
  /** Writes to `ephemeralcontainers` or `resize` of pods. */
  validateSubresource?(object: KubeObject, old: KubeObject, subresource: string): FieldError[];
  validateStatusUpdate?(object: KubeObject, old: KubeObject, ctx: StrategyContext): FieldError[];
  /** What every request to this version is warned of. */
  deprecated?: string;
  /** Warnings for the `Warning: 299` header, e.g. deprecated fields. */
  warnings?(object: KubeObject, old?: KubeObject): string[];
  /** Whether spec changes bump metadata.generation (and create sets it to 1). Default: true when the schema has spec and status. */
  generation?: boolean;
  /** metadata.generation also grows with these, e.g. annotations of Deployments do; rarely needed. */
  generationFields?: string[];
  /** Grace period on delete in seconds, undefined = delete at once. Pods answer with theirs. */
  gracePeriodSeconds?(object: KubeObject, requested: number | undefined): number | undefined;
  /** Finalizers added at creation by admission or registry, e.g. kubernetes.io/pv-protection. */
  finalizers?: string[];
  /** Names are checked as dns-1123 subdomain unless said otherwise. */
  nameRule?: 'subdomain' | 'label' | 'label1035' | 'path' | 'service' | 'ip';
  /** Fields usable in fieldSelector beside metadata.name and metadata.namespace. */
  selectableFields?(object: KubeObject): Record<string, string>;
  /** /scale subresource of kinds that have one. */
  scale?: {
    replicas(object: KubeObject): number;
    statusReplicas(object: KubeObject): number;
    selector(object: KubeObject): string;
    setReplicas(draft: KubeObject, replicas: number): void;
  };
  /** Whether DELETE answers with a Status (true) or the object; measured per kind on the real server. */
  deleteReturnsStatus?: boolean;
  /** A delete that does not say what becomes of dependents leaves them (upstream: OrphanDependents, the habit of older versions). */
  orphansByDefault?: boolean;
  /** What a delete that does not say it is warned of. */
  orphansWarning?: string[];
  /** A PUT to a name that is not there creates it (upstream: AllowCreateOnUpdate). */
  createOnUpdate?: boolean;
  /** An update must name the resourceVersion that it replaces (upstream: AllowUnconditionalUpdate is false). */
  requiresResourceVersion?: boolean;
  columns: TableColumn[];
  row(object: KubeObject, ctx: TableContext): unknown[];
}
