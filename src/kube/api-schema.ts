import data from './k8s-api-v1.35.data.json' with { type: 'json' };

/** One type of the API as the data file has it (OpenAPI without texts). */
export interface Schema {
  type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  format?: string;
  ref?: string;
  items?: Schema;
  additionalProperties?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map';
  'x-kubernetes-list-map-keys'?: string[];
  'x-kubernetes-map-type'?: 'atomic' | 'granular';
  'x-kubernetes-patch-merge-key'?: string;
  'x-kubernetes-patch-strategy'?: string;
  'x-kubernetes-preserve-unknown-fields'?: boolean;
  'x-kubernetes-int-or-string'?: boolean;
  'x-kubernetes-embedded-resource'?: boolean;
}

const facts = data as unknown as {
  groupVersions: Record<string, Record<string, { kind: string; type: string }>>;
  types: Record<string, Schema>;
};

export const types: Readonly<Record<string, Schema>> = facts.types;

/** Follows a `ref`; the schema itself when it has none. */
export function resolve(schema: Schema): Schema {
  return schema.ref === undefined ? schema : (types[schema.ref] ?? {});
}

/** The data file's name of a schema's type; empty for one without a name. */
export function typeNameOf(schema: Schema): string {
  return schema.ref ?? Object.keys(types).find((name) => types[name] === schema) ?? '';
}

/** Schema of a built-in resource, undefined for custom ones (which are patched by JSON merge patch). */
export function schemaOf(groupVersion: string, resource: string): Schema | undefined {
  const type = facts.groupVersions[groupVersion]?.[resource]?.type;
  return type === undefined ? undefined : { ref: type };
}

/** Schema of a built-in kind by its own name. */
export function schemaOfKind(apiVersion: string, kind: string): Schema | undefined {
  const found = Object.values(facts.groupVersions[apiVersion] ?? {}).find((one) => one.kind === kind);
  return found && { ref: found.type };
}
