import { humanDuration } from '../../../kube/duration.ts';
import type { Json, KubeObject } from '../../../kube/object.ts';
import type { FieldError } from '../../../kube/status.ts';
import { defineKind } from './common/define.ts';
import { deepEqual, forbidden, invalid, notSupported, required } from './common/field.ts';
import { age, columns } from './common/table.ts';

const USAGES = [
  'any',
  'cert sign',
  'client auth',
  'code signing',
  'content commitment',
  'crl sign',
  'data encipherment',
  'decipher only',
  'digital signature',
  'email protection',
  'encipher only',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'key agreement',
  'key encipherment',
  'microsoft sgc',
  'netscape sgc',
  'ocsp signing',
  's/mime',
  'server auth',
  'signing',
  'timestamping',
];
const SIGNER = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)+\/\S+$/;
const SECONDS_MIN = 600;
/** Conditions that stay once they are there. */
const LASTING = ['Approved', 'Denied', 'Failed'];

function validate({ spec }: Json): FieldError[] {
  const out: FieldError[] = [];
  const pem = Buffer.from(spec.request ?? '', 'base64').toString('latin1');
  if (!/-----BEGIN CERTIFICATE REQUEST-----[\s\S]+-----END CERTIFICATE REQUEST-----/.test(pem))
    out.push(invalid('spec.request', spec.request ?? '', 'PEM block type must be CERTIFICATE REQUEST'));
  const usages: string[] = spec.usages ?? [];
  if (usages.length === 0) out.push(required('spec.usages'));
  for (const [i, usage] of usages.entries())
    if (!USAGES.includes(usage)) out.push(notSupported(`spec.usages[${i}]`, usage, USAGES));
  if (!spec.signerName) out.push(required('spec.signerName'));
  else if (!SIGNER.test(spec.signerName)) {
    const detail = "must be a fully qualified domain and path of the form 'example.com/signer-name'";
    out.push(invalid('spec.signerName', spec.signerName, detail));
  }
  const seconds = spec.expirationSeconds;
  if (seconds !== undefined && seconds < SECONDS_MIN)
    out.push(
      invalid('spec.expirationSeconds', seconds, 'may not specify a duration less than 600 seconds (10 minutes)'),
    );
  return out;
}

function conditionErrors(object: KubeObject, old: KubeObject): FieldError[] {
  const types = (one: KubeObject): string[] => (one['status']?.conditions ?? []).map((c: Json) => c.type);
  const now = types(object);
  const out = types(old)
    .filter((type) => LASTING.includes(type) && !now.includes(type))
    .map((type) =>
      forbidden('status.conditions', `updates may not remove a condition of type ${JSON.stringify(type)}`),
    );
  if (now.includes('Approved') && now.includes('Denied'))
    out.push(invalid('status.conditions', 'Denied', 'Approved and Denied conditions are mutually exclusive'));
  return out;
}

function state({ status = {} }: Json): string {
  const types: string[] = (status.conditions ?? []).map((c: Json) => c.type);
  const out = ['Approved', 'Denied', 'Failed'].filter((type) => types.includes(type));
  if (out.length === 0) return 'Pending';
  return [...out, ...(status.certificate ? ['Issued'] : [])].join(',');
}

/** certificates.k8s.io/v1 CertificateSigningRequest; who asks is written in by admission. */
export const certificateSigningRequest = defineKind({
  group: 'certificates.k8s.io',
  version: 'v1',
  kind: 'CertificateSigningRequest',
  hasStatus: true,
  generation: false,
  selectableFields: ({ spec }) => ({ 'spec.signerName': spec?.signerName ?? '' }),
  setDefaults({ status }) {
    for (const condition of status?.conditions ?? []) condition.status ??= 'True';
  },
  // The specification never changes: what an update says of it is dropped.
  prepareForUpdate(draft, old) {
    draft['spec'] = structuredClone(old['spec']);
  },
  validate,
  validateStatusUpdate: conditionErrors,
  validateSubresource: conditionErrors,
  validateUpdate: (object, old) =>
    deepEqual(object['spec'], old['spec']) ? [] : [forbidden('spec', 'field is immutable')],
  columns: columns('Name', 'Age', 'SignerName', 'Requestor', 'RequestedDuration', 'Condition'),
  row: (object, ctx) => {
    const { signerName, username = '', expirationSeconds } = object['spec'];
    const duration = expirationSeconds === undefined ? '<none>' : humanDuration(expirationSeconds * 1000);
    return [object.metadata.name, age(object, ctx), signerName ?? '<none>', username, duration, state(object)];
  },
});
