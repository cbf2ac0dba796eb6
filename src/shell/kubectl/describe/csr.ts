import { humanDuration, rfc1123z } from '../../../kube/duration.ts';
import type { Json } from '../../../kube/object.ts';
import { KubectlError } from '../errors.ts';
import { type Describer, type DescribeWriter, eventsTable, formatLabels } from './writer.ts';

interface Node {
  tag: number;
  content: Uint8Array;
}

const malformed = (): never => {
  throw new KubectlError('Error parsing CSR: asn1: structure error: malformed certificate request');
};

/** The elements of a DER encoding, one after the other. */
function elements(der: Uint8Array): Node[] {
  const out: Node[] = [];
  for (let at = 0; at < der.length; ) {
    const tag = der[at]!;
    let length = der[at + 1] ?? malformed();
    at += 2;
    if (length > 0x80) {
      let bytes = length & 0x7f;
      for (length = 0; bytes > 0; bytes--) length = length * 256 + (der[at++] ?? malformed());
    }
    if (at + length > der.length) malformed();
    out.push({ tag, content: der.subarray(at, at + length) });
    at += length;
  }
  return out;
}

function oid(content: Uint8Array): string {
  const parts: number[] = [];
  let value = 0;
  for (const byte of content) {
    value = value * 128 + (byte & 0x7f);
    if (byte & 0x80) continue;
    parts.push(...(parts.length === 0 ? [Math.min(2, Math.floor(value / 40)), value % 40] : [value]));
    value = 0;
  }
  return parts.join('.');
}

const text = ({ content }: Node): string => Buffer.from(content).toString('utf8');

const NAMES: Record<string, string> = {
  '2.5.4.3': 'Common Name',
  '2.5.4.5': 'Serial Number',
  '2.5.4.10': 'Organization',
  '2.5.4.11': 'Organizational Unit',
  '2.5.4.6': 'Country',
  '2.5.4.7': 'Locality',
  '2.5.4.8': 'Province',
  '2.5.4.9': 'StreetAddress',
  '2.5.4.17': 'PostalCode',
};
const SUBJECT = Object.values(NAMES).slice(2);
const EXTENSION_REQUEST = '1.2.840.113549.1.9.14';
const SUBJECT_ALT_NAME = '2.5.29.17';
const [SEQUENCE, CONTEXT, PRIMITIVE_CONTEXT] = [0x30, 0xa0, 0x80];
const ALTERNATIVES: [title: string, kind: number][] = [
  ['DNS Names', 2],
  ['Email Addresses', 1],
  ['URIs', 6],
  ['IP Addresses', 7],
];

function address(content: Uint8Array): string {
  if (content.length === 4) return content.join('.');
  const groups = Array.from({ length: 8 }, (_, i) =>
    ((content[2 * i] ?? 0) * 256 + (content[2 * i + 1] ?? 0)).toString(16),
  );
  return groups.join(':').replace(/(^|:)(0(:|$)){2,}/, '::');
}

/** Subject and alternative names of a PEM certificate request: values by their titles. */
function parseRequest(pem: string): Map<string, string[]> {
  const block = /-----BEGIN ([^-]+)-----\s*([A-Za-z0-9+/=\s]+)-----END \1-----/.exec(pem);
  if (block?.[1] !== 'CERTIFICATE REQUEST')
    throw new KubectlError('Error parsing CSR: PEM block type must be CERTIFICATE REQUEST');
  const out = new Map<string, string[]>();
  const add = (title: string | undefined, value: string): void => {
    if (title) out.set(title, [...(out.get(title) ?? []), value]);
  };
  const [outer] = elements(Buffer.from(block[2]!, 'base64'));
  const [info] = elements((outer ?? malformed()).content);
  const [, subject, , attributes] = elements((info ?? malformed()).content);
  for (const set of elements((subject ?? malformed()).content))
    for (const pair of elements(set.content)) {
      const [type, value] = elements(pair.content);
      if (type && value) add(NAMES[oid(type.content)], text(value));
    }
  if (attributes?.tag !== CONTEXT) return out;
  for (const attribute of elements(attributes.content)) {
    const [type, values] = elements(attribute.content);
    if (!type || !values || oid(type.content) !== EXTENSION_REQUEST) continue;
    for (const list of elements(values.content))
      for (const extension of elements(list.content)) {
        const parts = elements(extension.content);
        if (oid(parts[0]!.content) !== SUBJECT_ALT_NAME) continue;
        for (const names of elements(parts.at(-1)!.content))
          if (names.tag === SEQUENCE)
            for (const name of elements(names.content)) {
              const kind = name.tag - PRIMITIVE_CONTEXT;
              add(ALTERNATIVES.find(([, one]) => one === kind)?.[0], kind === 7 ? address(name.content) : text(name));
            }
      }
  }
  return out;
}

function listed(w: DescribeWriter, title: string, values: string[] | undefined): void {
  if (values) w.line(0, `\t${title}:\t${values.join('\n\t\t')}`);
}

function statusOf({ conditions = [], certificate }: Json): string {
  const has = (type: string): boolean => conditions.some((one: Json) => one.type === type);
  const decided = has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending';
  return `${decided}${has('Failed') ? ',Failed' : ''}${certificate ? ',Issued' : ''}`;
}

/** A certificate signing request: who asks for what. */
export const certificateSigningRequest: Describer = ({ metadata, spec, status = {} }, w, context) => {
  const names = parseRequest(Buffer.from(spec.request ?? '', 'base64').toString());
  w.field('Name', metadata.name);
  w.field('Labels', formatLabels(metadata.labels));
  w.field('Annotations', formatLabels(metadata.annotations));
  w.field('CreationTimestamp', rfc1123z(metadata.creationTimestamp));
  w.field('Requesting User', spec.username);
  if (spec.signerName) w.field('Signer', spec.signerName);
  if (spec.expirationSeconds !== undefined) w.field('Requested Duration', humanDuration(spec.expirationSeconds * 1000));
  w.field('Status', statusOf(status));
  w.line(0, 'Subject:');
  w.line(0, `\tCommon Name:\t${names.get('Common Name')?.at(-1) ?? ''}`);
  w.line(0, `\tSerial Number:\t${names.get('Serial Number')?.at(-1) ?? ''}`);
  for (const title of SUBJECT) listed(w, title, names.get(title));
  if (ALTERNATIVES.some(([title]) => names.has(title))) {
    w.line(0, 'Subject Alternative Names:');
    for (const [title] of ALTERNATIVES) listed(w, title, names.get(title));
  }
  eventsTable(w, context);
};
