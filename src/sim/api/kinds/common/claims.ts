import type { Json } from '../../../../kube/object.ts';
import { compareQuantities } from '../../../../kube/quantity.ts';
import type { FieldError } from '../../../../kube/status.ts';
import { forbidden, invalid, invalids, notSupported, required } from './field.ts';
import { dnsSubdomain } from './names.ts';
import { validateSelector } from './selectors.ts';

export const ACCESS_MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
const SHORT_MODES: Record<string, string> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};

/** `RWO,ROX`: without doubles, in upstream's fixed order. */
export function accessModesText(modes: readonly string[] | undefined): string {
  return Object.keys(SHORT_MODES)
    .filter((mode) => modes?.includes(mode))
    .map((mode) => SHORT_MODES[mode])
    .join(',');
}

export function validateAccessModes(modes: readonly string[], path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const mode of modes) if (!ACCESS_MODES.includes(mode)) errors.push(notSupported(path, mode, ACCESS_MODES));
  if (
    modes.includes('ReadWriteOncePod') &&
    modes.some((mode) => mode !== 'ReadWriteOncePod' && ACCESS_MODES.includes(mode))
  )
    errors.push(forbidden(path, 'may not use ReadWriteOncePod with other access modes'));
  return errors;
}

/** ValidatePersistentVolumeClaimSpec. */
export function validateClaimSpec(spec: Json, path: string): FieldError[] {
  const modes: string[] = spec.accessModes ?? [];
  const errors: FieldError[] = [];
  if (modes.length === 0) errors.push(required(`${path}.accessModes`, 'at least 1 access mode is required'));
  errors.push(
    ...validateSelector(spec.selector, `${path}.selector`),
    ...validateAccessModes(modes, `${path}.accessModes`),
  );
  for (const name of ['dataSource', 'dataSourceRef'])
    if (spec[name] && !spec[name].name) errors.push(required(`${path}.${name}.name`));
  const size: string | undefined = spec.resources?.requests?.storage;
  const at = `${path}.resources[storage]`;
  if (size === undefined) errors.push(required(at));
  else if (compareQuantities(size, '0') <= 0) errors.push(invalid(at, size, 'must be greater than zero'));
  if (spec.storageClassName)
    errors.push(...invalids(`${path}.storageClassName`, spec.storageClassName, dnsSubdomain(spec.storageClassName)));
  if (spec.volumeMode !== undefined && !['Block', 'Filesystem'].includes(spec.volumeMode))
    errors.push(notSupported(`${path}.volumeMode`, spec.volumeMode, ['Block', 'Filesystem']));
  return errors;
}
