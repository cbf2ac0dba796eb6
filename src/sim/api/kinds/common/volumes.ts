import type { Json } from '../../../../kube/object.ts';
import type { FieldError } from '../../../../kube/status.ts';
import type { Volumes } from './containers.ts';
import { validateFieldRef, validateResourceFieldRef } from './env.ts';
import { descendingPath, duplicate, forbidden, invalid, invalids, notSupported, required } from './field.ts';
import { dnsLabel } from './names.ts';

const MODE = 'must be a number between 0 and 0777 (octal), both inclusive';
const HOST_PATH_TYPES = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
];
/** In upstream's order of checks, which decides which of two sources is one too many. */
const SOURCES = [
  'emptyDir',
  'hostPath',
  'gitRepo',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'secret',
  'nfs',
  'iscsi',
  'glusterfs',
  'flocker',
  'persistentVolumeClaim',
  'rbd',
  'cinder',
  'cephfs',
  'quobyte',
  'downwardAPI',
  'fc',
  'flexVolume',
  'configMap',
  'azureFile',
  'vsphereVolume',
  'photonPersistentDisk',
  'portworxVolume',
  'azureDisk',
  'storageos',
  'projected',
  'scaleIO',
  'csi',
  'ephemeral',
  'image',
];

export function validateVolumes(list: Json[], path: string): { volumes: Volumes; errors: FieldError[] } {
  const errors: FieldError[] = [];
  const volumes = new Map<string, Json>();
  for (const [i, volume] of list.entries()) {
    const at = `${path}[${i}]`;
    const own = validateSource(volume, at);
    if (!volume.name) own.push(required(`${at}.name`));
    else own.push(...invalids(`${at}.name`, volume.name, dnsLabel(volume.name)));
    if (volumes.has(volume.name)) own.push(duplicate(`${at}.name`, volume.name));
    if (own.length === 0) volumes.set(volume.name, volume);
    errors.push(...own);
  }
  return { volumes, errors };
}

function validateSource(volume: Json, path: string): FieldError[] {
  const errors: FieldError[] = [];
  let count = 0;
  for (const name of SOURCES) {
    if (!volume[name]) continue;
    if (count++ > 0) errors.push(forbidden(`${path}.${name}`, 'may not specify more than 1 volume type'));
    else errors.push(...(checks[name]?.(volume[name], `${path}.${name}`) ?? []));
  }
  return count === 0 ? [required(path, 'must specify a volume type')] : errors;
}

export function validateHostPath(source: Json, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!source.path) errors.push(required(`${path}.path`));
  else if (source.path.split('/').includes('..'))
    errors.push(invalid(`${path}.path`, source.path, "must not contain '..'"));
  if (source.type !== undefined && !HOST_PATH_TYPES.includes(source.type))
    errors.push(notSupported(`${path}.type`, source.type, HOST_PATH_TYPES));
  return errors;
}

export function validateNfs(source: Json, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!source.server) errors.push(required(`${path}.server`));
  if (!source.path) errors.push(required(`${path}.path`));
  else if (!source.path.startsWith('/')) errors.push(invalid(`${path}.path`, source.path, 'must be an absolute path'));
  return errors;
}

const checks: Record<string, (source: Json, path: string) => FieldError[]> = {
  emptyDir: (source, path) =>
    source.sizeLimit?.startsWith('-')
      ? [forbidden(`${path}.sizeLimit`, 'SizeLimit field must be a valid resource quantity')]
      : [],
  hostPath: validateHostPath,
  nfs: validateNfs,
  secret: (source, path) => [
    ...(source.secretName ? [] : [required(`${path}.secretName`)]),
    ...validateItems(source, path),
  ],
  configMap: (source, path) => [...(source.name ? [] : [required(`${path}.name`)]), ...validateItems(source, path)],
  persistentVolumeClaim: (source, path) => (source.claimName ? [] : [required(`${path}.claimName`)]),
  downwardAPI: (source, path) => [
    ...validateMode(source.defaultMode, `${path}.defaultMode`),
    ...(source.items ?? []).flatMap((item: Json) => validateDownwardFile(item, path)),
  ],
  projected: validateProjected,
  csi: (source, path) => (source.driver ? [] : [required(`${path}.driver`)]),
  ephemeral: (source, path) => (source.volumeClaimTemplate ? [] : [required(`${path}.volumeClaimTemplate`)]),
};

function validateMode(mode: number | undefined, path: string): FieldError[] {
  return mode !== undefined && (mode < 0 || mode > 0o777) ? [invalid(path, mode, MODE)] : [];
}

function validateItems(source: Json, path: string): FieldError[] {
  const errors = validateMode(source.defaultMode, `${path}.defaultMode`);
  for (const [i, item] of (source.items ?? []).entries()) {
    const at = `${path}.items[${i}]`;
    if (!item.key) errors.push(required(`${at}.key`));
    if (!item.path) errors.push(required(`${at}.path`));
    errors.push(...nonReservedPath(item.path ?? '', `${at}.path`), ...validateMode(item.mode, `${at}.mode`));
  }
  return errors;
}

function nonReservedPath(value: string, path: string): FieldError[] {
  const errors = descendingPath(value, path);
  if (value.startsWith('..') && !value.startsWith('../')) errors.push(invalid(path, value, "must not start with '..'"));
  return errors;
}

function validateDownwardFile(item: Json, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!item.path) errors.push(required(`${path}.path`));
  errors.push(...nonReservedPath(item.path ?? '', `${path}.path`));
  if (item.fieldRef) {
    errors.push(...validateFieldRef(item.fieldRef, `${path}.fieldRef`, true));
    if (item.resourceFieldRef)
      errors.push(invalid(path, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'));
  } else if (item.resourceFieldRef)
    errors.push(...validateResourceFieldRef(item.resourceFieldRef, `${path}.resourceFieldRef`, true));
  else errors.push(required(path, 'one of fieldRef and resourceFieldRef is required'));
  return [...errors, ...validateMode(item.mode, `${path}.mode`)];
}

/** Paths that two sources of one projected volume claim; upstream words them by the first item that repeats one. */
function projectedConflicts(sources: Json[], path: string): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  const claim = (file: string | undefined, value: unknown): void => {
    if (!file) return;
    if (seen.has(file)) errors.push(invalid(path, value, 'conflicting duplicate paths'));
    seen.add(file);
  };
  for (const source of sources) {
    for (const kind of ['secret', 'configMap'])
      for (const item of source[kind]?.items ?? []) claim(item.path, source[kind].name);
    for (const item of source.downwardAPI?.items ?? []) claim(item.path, item.path);
    claim(source.serviceAccountToken?.path, source.serviceAccountToken?.path);
  }
  return errors;
}

function validateProjected(source: Json, path: string): FieldError[] {
  const errors = [
    ...validateMode(source.defaultMode, `${path}.defaultMode`),
    ...projectedConflicts(source.sources ?? [], path),
  ];
  for (const [i, item] of (source.sources ?? []).entries()) {
    const at = `${path}.sources[${i}]`;
    const kinds = Object.keys(item);
    if (kinds.length > 1) errors.push(forbidden(at, 'may not specify more than 1 volume type per source'));
    for (const kind of ['secret', 'configMap']) {
      if (!item[kind]) continue;
      if (!item[kind].name) errors.push(required(`${at}.${kind}.name`));
      errors.push(...validateItems(item[kind], `${at}.${kind}`));
    }
    for (const file of item.downwardAPI?.items ?? []) errors.push(...validateDownwardFile(file, `${at}.downwardAPI`));
    const token = item.serviceAccountToken;
    if (token) {
      if (token.expirationSeconds < 600)
        errors.push(
          invalid(
            `${at}.serviceAccountToken.expirationSeconds`,
            token.expirationSeconds,
            'may not specify a duration less than 10 minutes',
          ),
        );
      if (!token.path) errors.push(required(`${at}.serviceAccountToken.path`));
      else errors.push(...nonReservedPath(token.path, `${path}.path`));
    }
  }
  return errors;
}
