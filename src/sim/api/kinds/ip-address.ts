import type { FieldError } from '../../../kube/status.ts';
import { defineKind } from './common/define.ts';
import { immutable, invalids, required } from './common/field.ts';
import { dnsSubdomain, pathSegment } from './common/names.ts';
import { columns } from './common/table.ts';

interface ParentRef {
  group?: string;
  resource?: string;
  namespace?: string;
  name?: string;
}

function validateParent(parent: ParentRef | undefined): FieldError[] {
  const path = 'spec.parentRef';
  if (!parent) return [required(path)];
  const { group = '', resource = '', namespace = '', name = '' } = parent;
  return [
    ...(group === '' ? [] : invalids(`${path}.group`, group, dnsSubdomain(group))),
    ...(resource === ''
      ? [required(`${path}.resource`)]
      : invalids(`${path}.resource`, resource, pathSegment(resource))),
    ...(name === '' ? [required(`${path}.name`)] : invalids(`${path}.name`, name, pathSegment(name))),
    ...(namespace === '' ? [] : invalids(`${path}.namespace`, namespace, pathSegment(namespace))),
  ];
}

/** As errors show it: the server's own type, which has no names for JSON. */
const internalParent = ({ group = '', resource = '', namespace = '', name = '' }: ParentRef = {}): object => ({
  Group: group,
  Resource: resource,
  Namespace: namespace,
  Name: name,
});

/** networking.k8s.io/v1 IPAddress: its name is the address. */
export const ipAddress = defineKind({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IPAddress',
  nameRule: 'ip',
  validate: (object) => validateParent(object.spec?.parentRef),
  validateUpdate: (object, old) =>
    immutable('spec.parentRef', internalParent(object.spec?.parentRef), internalParent(old.spec?.parentRef)),
  columns: columns('Name', 'ParentRef'),
  row: (object) => {
    const { group = '', resource = '', namespace = '', name = '' } = object.spec?.parentRef ?? {};
    return [object.metadata.name, `${group === '' ? resource : `${resource}.${group}`}/${namespace}/${name}`];
  },
});
