import { type Schema, types } from '../../kube/api-schema.ts';
import data from '../../kube/k8s-api-v1.35.data.json' with { type: 'json' };

export { resolve, type Schema, typeNameOf, types } from '../../kube/api-schema.ts';

export interface SubresourceInfo {
  group?: string;
  version: string;
  kind: string;
  verbs: string[];
}

/** One served resource, e.g. `deployments` of `apps/v1`. */
export interface ResourceInfo {
  group: string;
  version: string;
  /** Plural, as in paths. */
  resource: string;
  kind: string;
  singular: string;
  namespaced: boolean;
  shortNames?: string[];
  categories?: string[];
  verbs: string[];
  /** Schema of the object. */
  schema: Schema;
  /** Key in the data file's types; undefined for custom resources. */
  typeName?: string;
  subresources: Record<string, SubresourceInfo>;
  /** A custom resource: no strategic merge, no protobuf. */
  custom?: boolean;
}

interface DataFile {
  groupVersions: Record<
    string,
    Record<
      string,
      {
        kind: string;
        singular: string;
        namespaced: boolean;
        shortNames?: string[];
        categories?: string[];
        verbs: string[];
        type: string;
        subresources?: Record<string, SubresourceInfo>;
      }
    >
  >;
  protobuf: Record<string, Record<string, [number, string]>>;
}

const facts = data as unknown as DataFile;

export const protobufMessages = facts.protobuf;

export const META_TYPE = 'apimachinery.pkg.apis.meta.v1.ObjectMeta';
export const QUANTITY_TYPE = 'apimachinery.pkg.api.resource.Quantity';
export const TIME_TYPE = 'apimachinery.pkg.apis.meta.v1.Time';
export const MICRO_TIME_TYPE = 'apimachinery.pkg.apis.meta.v1.MicroTime';
export const INT_OR_STRING_TYPE = 'apimachinery.pkg.util.intstr.IntOrString';

export function groupVersion(info: { group: string; version: string }): string {
  return info.group === '' ? info.version : `${info.group}/${info.version}`;
}

/** `deployments.apps`, `pods`: how messages name a resource. */
export function qualifiedResource(info: { group: string; resource: string }): string {
  return info.group === '' ? info.resource : `${info.resource}.${info.group}`;
}

/** The built-in resources in the data file's order. */
export function builtinResources(): ResourceInfo[] {
  const out: ResourceInfo[] = [];
  for (const [gv, resources] of Object.entries(facts.groupVersions)) {
    const [group, version] = gv.includes('/') ? (gv.split('/') as [string, string]) : ['', gv];
    for (const [resource, entry] of Object.entries(resources)) {
      const { type, subresources, ...rest } = entry;
      const schema = types[type] ?? { type: 'object' };
      out.push({ group, version, resource, ...rest, schema, typeName: type, subresources: subresources ?? {} });
    }
  }
  return out;
}
