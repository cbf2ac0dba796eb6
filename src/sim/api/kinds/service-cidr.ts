import type { FieldError } from '../../../kube/status.ts';
import { defineKind } from './common/define.ts';
import { IMMUTABLE, invalid, required } from './common/field.ts';
import { CIDR_INVALID, isCidr } from './common/names.ts';
import { age, columns } from './common/table.ts';

const PATH = 'spec.cidrs';
const ONE_OF_EACH = 'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64';

const isV6 = (cidr: string): boolean => cidr.includes(':');

function validateRanges(cidrs: string[]): FieldError[] {
  if (cidrs.length === 0) return [required(PATH, 'at least one CIDR required')];
  if (cidrs.length > 2) return [invalid(PATH, { cidrs }, 'may only hold up to 2 values')];
  const errors = cidrs.flatMap((cidr, i) => (isCidr(cidr) ? [] : [invalid(`${PATH}[${i}]`, cidr, CIDR_INVALID)]));
  const [first = '', second] = cidrs;
  if (errors.length === 0 && second !== undefined && isV6(first) === isV6(second))
    errors.push(invalid(PATH, cidrs, ONE_OF_EACH));
  return errors;
}

/** What was given stays; a range of the other family may be added to a single one. */
function validateChange(cidrs: string[], old: string[]): FieldError[] {
  const grows = old.length === 1 && cidrs.length === 2;
  if (cidrs.length !== old.length && !grows) return [invalid(PATH, cidrs, IMMUTABLE)];
  return old.flatMap((cidr, i) => (cidr === cidrs[i] ? [] : [invalid(`${PATH}[${i}]`, cidrs[i], IMMUTABLE)]));
}

/** networking.k8s.io/v1 ServiceCIDR. */
export const serviceCidr = defineKind({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'ServiceCIDR',
  hasStatus: true,
  validate: (object) => validateRanges(object.spec?.cidrs ?? []),
  validateUpdate: (object, old) => validateChange(object.spec?.cidrs ?? [], old.spec?.cidrs ?? []),
  columns: columns('Name', 'CIDRs', 'Age'),
  row: (object, ctx) => [object.metadata.name, (object.spec?.cidrs ?? []).join(','), age(object, ctx)],
});
