/** Name and label syntax with the messages of k8s.io/apimachinery util/validation. */
const LABEL_FMT = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN_FMT = `${LABEL_FMT}(\\.${LABEL_FMT})*`;
const LABEL1035_FMT = '[a-z]([-a-z0-9]*[a-z0-9])?';
const QUALIFIED_FMT = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const VALUE_FMT = `(${QUALIFIED_FMT})?`;

const regexes = new Map<string, RegExp>();
function matches(format: string, text: string): boolean {
  let regex = regexes.get(format);
  if (!regex) {
    regex = new RegExp(`^(?:${format})$`);
    regexes.set(format, regex);
  }
  return regex.test(text);
}

function regexMessage(message: string, format: string, ...examples: string[]): string {
  return `${message} (e.g. ${examples.map((e) => `'${e}'`).join(', or ')}, regex used for validation is '${format}')`;
}

const tooLong = (max: number): string => `must be no more than ${max} characters`;

/** RFC 1123 label, at most 63 characters. */
export function dnsLabelProblems(name: string): string[] {
  const out = name.length > 63 ? [tooLong(63)] : [];
  if (!matches(LABEL_FMT, name)) {
    const text =
      "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
    out.push(regexMessage(text, LABEL_FMT, 'my-name', '123-abc'));
  }
  return out;
}

/** RFC 1123 subdomain, at most 253 characters. */
export function dnsSubdomainProblems(name: string): string[] {
  const out = name.length > 253 ? [tooLong(253)] : [];
  if (!matches(SUBDOMAIN_FMT, name)) {
    const text =
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
    out.push(regexMessage(text, SUBDOMAIN_FMT, 'example.com'));
  }
  return out;
}

/** RFC 1035 label (Services before 1.34, port names' relatives). */
export function dns1035Problems(name: string): string[] {
  const out = name.length > 63 ? [tooLong(63)] : [];
  if (!matches(LABEL1035_FMT, name)) {
    const text =
      "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character";
    out.push(regexMessage(text, LABEL1035_FMT, 'my-name', 'abc-123'));
  }
  return out;
}

/** Names that may be any path segment (RBAC). */
export function pathSegmentProblems(name: string): string[] {
  if (name === '.' || name === '..') return [`may not be '${name}'`];
  return ['/', '%'].filter((ch) => name.includes(ch)).map((ch) => `may not contain '${ch}'`);
}

/** `prefix/name` of labels, annotations, finalizers, taints. */
export function labelKeyProblems(key: string): string[] {
  const parts = key.split('/');
  const fmt = regexMessage(
    "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
    QUALIFIED_FMT,
    'MyName',
    'my.name',
    '123-abc',
  );
  if (parts.length > 2) return [`${fmt} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  const out: string[] = [];
  const [prefix, name] = parts.length === 2 ? parts : [undefined, parts[0]];
  if (prefix !== undefined) {
    if (prefix === '') out.push('prefix part must be non-empty');
    else out.push(...dnsSubdomainProblems(prefix).map((p) => `prefix part ${p}`));
  }
  if (name === undefined || name === '') out.push('name part must be non-empty');
  else if (name.length > 63) out.push(`name part ${tooLong(63)}`);
  if (!matches(QUALIFIED_FMT, name ?? '')) {
    const text =
      "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
    out.push(regexMessage(text, QUALIFIED_FMT, 'MyName', 'my.name', '123-abc'));
  }
  return out;
}

export function labelValueProblems(value: string): string[] {
  const out = value.length > 63 ? [tooLong(63)] : [];
  if (!matches(VALUE_FMT, value)) {
    const text =
      "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
    out.push(regexMessage(text, VALUE_FMT, 'MyValue', 'my_value', '12345'));
  }
  return out;
}
