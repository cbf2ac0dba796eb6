import type { Json } from '../../../kube/object.ts';
import { KubectlError } from '../errors.ts';

/** A Go type as JSON is decoded into it. */
type Type = 'string' | 'bool' | 'int64' | 'int' | 'any' | { list: Type } | { map: Type } | Struct;
interface Struct {
  struct: string;
  fields: Record<string, Type>;
}

const STRINGS: Type = { list: 'string' };
const TEXTS: Type = { map: 'string' };
const struct = (name: string, fields: Record<string, Type>): Struct => ({ struct: name, fields });
const texts = (names: string): Record<string, Type> =>
  Object.fromEntries(names.split(' ').map((name) => [name, 'string' as const]));

const SELECTOR = struct('Selector', texts('group version kind name namespace annotationSelector labelSelector'));
const FIELD_SPEC = struct('FieldSpec', { ...texts('group version kind path'), create: 'bool' });
const PATCH = struct('Patch', { ...texts('path patch'), target: SELECTOR, options: { map: 'bool' } });
const GENERATOR_OPTIONS = struct('GeneratorOptions', {
  labels: TEXTS,
  annotations: TEXTS,
  disableNameSuffixHash: 'bool',
  immutable: 'bool',
});
const generator = (name: string, more: Record<string, Type>): Struct =>
  struct(name, {
    ...texts('namespace name behavior env'),
    literals: STRINGS,
    files: STRINGS,
    envs: STRINGS,
    options: GENERATOR_OPTIONS,
    ...more,
  });
const FIELD_OPTIONS = struct('FieldOptions', {
  ...texts('delimiter encoding'),
  index: 'int',
  create: 'bool',
});
const REPLACEMENT = struct('ReplacementField', {
  path: 'string',
  sourceValue: 'string',
  source: struct('SourceSelector', {
    ...texts('group version kind name namespace fieldPath'),
    options: FIELD_OPTIONS,
  }),
  targets: {
    list: struct('TargetSelector', {
      select: SELECTOR,
      reject: { list: SELECTOR },
      fieldPaths: STRINGS,
      options: FIELD_OPTIONS,
    }),
  },
});
const VAR = struct('Var', {
  name: 'string',
  objref: struct('Target', texts('apiVersion group version kind name namespace')),
  fieldref: struct('FieldSelector', texts('fieldPath')),
});
const IMAGE = struct('Image', texts('name newName tagSuffix newTag digest'));
const HELM_GLOBALS = struct('HelmGlobals', texts('chartHome configHome'));
const HELM_CHART = struct('HelmChart', {
  ...texts('name version repo releaseName namespace valuesFile valuesMerge kubeVersion nameTemplate'),
  additionalValuesFiles: STRINGS,
  apiVersions: STRINGS,
  valuesInline: { map: 'any' },
  ...Object.fromEntries(['includeCRDs', 'skipHooks', 'skipTests', 'debug', 'devel'].map((name) => [name, 'bool'])),
});
const OLD_HELM_CHART = struct('HelmChartArgs', {
  ...texts('chartName chartVersion chartRepoUrl chartHome chartRepoName helmBin helmHome values valuesMerge'),
  ...texts('releaseName releaseNamespace'),
  valuesLocal: { map: 'any' },
  extraArgs: STRINGS,
});

/** kustomize's types.Kustomization. */
const KUSTOMIZATION = struct('Kustomization', {
  ...texts('apiVersion kind namePrefix nameSuffix namespace'),
  metadata: struct('ObjectMeta', { ...texts('name namespace'), labels: TEXTS, annotations: TEXTS }),
  openapi: TEXTS,
  commonLabels: TEXTS,
  labels: {
    list: struct('Label', {
      pairs: TEXTS,
      includeSelectors: 'bool',
      includeTemplates: 'bool',
      fields: { list: FIELD_SPEC },
    }),
  },
  commonAnnotations: TEXTS,
  patchesStrategicMerge: STRINGS,
  patchesJson6902: { list: PATCH },
  patches: { list: PATCH },
  images: { list: IMAGE },
  imageTags: { list: IMAGE },
  replacements: { list: REPLACEMENT },
  replicas: { list: struct('Replica', { name: 'string', count: 'int64' }) },
  vars: { list: VAR },
  sortOptions: struct('SortOptions', {
    order: 'string',
    legacySortOptions: struct('LegacySortOptions', { orderFirst: STRINGS, orderLast: STRINGS }),
  }),
  ...Object.fromEntries(
    'resources components crds bases configurations generators transformers validators buildMetadata'
      .split(' ')
      .map((name) => [name, STRINGS]),
  ),
  configMapGenerator: { list: generator('ConfigMapArgs', {}) },
  secretGenerator: { list: generator('SecretArgs', { type: 'string' }) },
  helmGlobals: HELM_GLOBALS,
  helmCharts: { list: HELM_CHART },
  helmChartInflationGenerator: { list: OLD_HELM_CHART },
  generatorOptions: GENERATOR_OPTIONS,
});

function goType(type: Type): string {
  if (typeof type === 'string') return type === 'any' ? 'interface {}' : type;
  if ('list' in type) return `[]${goType(type.list)}`;
  if ('map' in type) return `map[string]${goType(type.map)}`;
  return `types.${type.struct}`;
}

const goKind = (value: Json): string =>
  Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;

/** `owner` is the innermost struct, `path` leads to the field from the outermost. */
function decode(value: Json, type: Type, path: string, owner = ''): Json {
  if (value === null || type === 'any') return value;
  const refuse = (): never => {
    const what = typeof value === 'number' && typeof type === 'string' && type.startsWith('int') ? ` ${value}` : '';
    throw new KubectlError(
      `invalid Kustomization: json: cannot unmarshal ${goKind(value)}${what} into Go ${path === '' ? 'value' : `struct field ${owner}.${path}`} of type ${goType(type)}`,
    );
  };
  if (type === 'string') return typeof value === 'string' ? value : refuse();
  if (type === 'bool') return typeof value === 'boolean' ? value : refuse();
  if (type === 'int' || type === 'int64') return Number.isInteger(value) ? value : refuse();
  if ('list' in type)
    return Array.isArray(value) ? value.map((item) => decode(item, type.list, path, owner)) : refuse();
  if (typeof value !== 'object' || Array.isArray(value)) return refuse();
  const out: Json = {};
  for (const [key, item] of Object.entries(value) as [string, Json][]) {
    if ('map' in type) {
      out[key] = decode(item, type.map, path, owner);
      continue;
    }
    const name = Object.hasOwn(type.fields, key)
      ? key
      : Object.keys(type.fields).find((one) => one.toLowerCase() === key.toLowerCase());
    if (name === undefined) throw new KubectlError(`invalid Kustomization: json: unknown field ${JSON.stringify(key)}`);
    out[name] = decode(item, type.fields[name]!, path === '' ? name : `${path}.${name}`, type.struct);
  }
  return out;
}

/** A kustomization's fields as kustomize decodes them: names in any case, nothing unknown, values of their types. */
export function decodeKustomization(value: Json): Json {
  return value === null || value === undefined ? {} : decode(value, KUSTOMIZATION, '');
}
