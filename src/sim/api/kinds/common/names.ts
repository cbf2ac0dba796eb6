/** Name checks of k8s.io/apimachinery util/validation: each returns messages, empty when the value is fine. */
const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`;
const LABEL_1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const QUALIFIED = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const LABEL_VALUE = `(${QUALIFIED})?`;

/** `regexError` words a failed pattern with its examples, as upstream does. */
export function regexError(message: string, pattern: string, ...examples: string[]): string {
  const list = examples.map((example) => `'${example}'`);
  const eg = list.length === 0 ? '' : `e.g. ${list.join(',  or ')}, `;
  return `${message} (${eg}regex used for validation is '${pattern}')`;
}

function checked(pattern: string): RegExp {
  return new RegExp(`^${pattern}$`);
}

function maxLength(length: number, unit: 'bytes' | 'characters' = 'bytes'): string {
  return `must be no more than ${length} ${unit}`;
}

export function inRange(low: number, high: number): string {
  return `must be between ${low} and ${high}, inclusive`;
}

const labelRe = checked(LABEL);
const subdomainRe = checked(SUBDOMAIN);
const label1035Re = checked(LABEL_1035);
const qualifiedRe = checked(QUALIFIED);
const labelValueRe = checked(LABEL_VALUE);
const wildcardRe = checked(`\\*\\.${SUBDOMAIN}`);

export function dnsLabel(value: string): string[] {
  const out: string[] = [];
  if (value.length > 63) out.push(maxLength(63, 'characters'));
  if (!labelRe.test(value)) {
    if (subdomainRe.test(value)) out.push('must not contain dots');
    else
      out.push(
        regexError(
          "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
          LABEL,
          'my-name',
          '123-abc',
        ),
      );
  }
  return out;
}

export function dnsSubdomain(value: string): string[] {
  const out: string[] = [];
  if (value.length > 253) out.push(maxLength(253, 'characters'));
  if (!subdomainRe.test(value))
    out.push(
      regexError(
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
        SUBDOMAIN,
        'example.com',
      ),
    );
  return out;
}

export function wildcardSubdomain(value: string): string[] {
  const out: string[] = [];
  if (value.length > 253) out.push(maxLength(253, 'characters'));
  if (!wildcardRe.test(value))
    out.push(
      regexError(
        "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
        `\\*\\.${SUBDOMAIN}`,
        '*.example.com',
      ),
    );
  return out;
}

export function dns1035Label(value: string): string[] {
  const out: string[] = [];
  if (value.length > 63) out.push(maxLength(63, 'characters'));
  if (!label1035Re.test(value))
    out.push(
      regexError(
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
        LABEL_1035,
        'my-name',
        'abc-123',
      ),
    );
  return out;
}

/** Label keys, resource names, condition types: `[prefix/]name`. */
export function qualifiedName(value: string): string[] {
  const hint = regexError(
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
    QUALIFIED,
    'MyName',
    'my.name',
    '123-abc',
  );
  const parts = value.split('/');
  const out: string[] = [];
  let name = parts[0] ?? '';
  if (parts.length === 2) {
    const prefix = parts[0] ?? '';
    name = parts[1] ?? '';
    if (prefix === '') out.push('prefix part must be non-empty');
    else for (const message of dnsSubdomain(prefix)) out.push(`prefix part ${message}`);
  } else if (parts.length > 2) {
    const message = regexError(
      "a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
      QUALIFIED,
      'MyName',
      'my.name',
      '123-abc',
    );
    return [`${message} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  }
  if (name === '') out.push('name part must be non-empty');
  else if (name.length > 63) out.push(`name part ${maxLength(63)}`);
  if (!qualifiedRe.test(name)) out.push(hint);
  return out;
}

export function labelValue(value: string): string[] {
  const out: string[] = [];
  if (value.length > 63) out.push(maxLength(63));
  if (!labelValueRe.test(value))
    out.push(
      regexError(
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
        LABEL_VALUE,
        'MyValue',
        'my_value',
        '12345',
      ),
    );
  return out;
}

export function portNumber(port: number): string[] {
  return port >= 1 && port <= 65535 ? [] : [inRange(1, 65535)];
}

/** IANA service names, which container ports carry. */
export function portName(value: string): string[] {
  const out: string[] = [];
  if (value.length > 15) out.push(maxLength(15, 'characters'));
  if (!/^[-a-z0-9]+$/.test(value)) out.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(value)) out.push('must contain at least one letter (a-z)');
  if (value.includes('--')) out.push('must not contain consecutive hyphens');
  if (value.startsWith('-') || value.endsWith('-')) out.push('must not begin or end with a hyphen');
  return out;
}

/** The relaxed rule that 1.34 made the default: printable ASCII without `=`. */
export function envVarName(value: string): string[] {
  if (value === '') return ['environment variable name must be non-empty'];
  return /^[\x20-\x3c\x3e-\x7e]+$/.test(value)
    ? []
    : ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
}

export function configMapKey(value: string): string[] {
  const out: string[] = [];
  if (value.length > 253) out.push(maxLength(253, 'characters'));
  if (!/^[-._a-zA-Z0-9]+$/.test(value))
    out.push(
      regexError(
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
        '[-._a-zA-Z0-9]+',
        'key.name',
        'KEY_NAME',
        'key-name',
      ),
    );
  if (value === '.') out.push("must not be '.'");
  else if (value === '..') out.push("must not be '..'");
  else if (value.startsWith('..')) out.push("must not start with '..'");
  return out;
}

export function pathSegment(value: string): string[] {
  if (value === '.' || value === '..') return [`may not be '${value}'`];
  return ['/', '%'].filter((ch) => value.includes(ch)).map((ch) => `may not contain '${ch}'`);
}

export function percent(value: string): string[] {
  return /^[0-9]+%$/.test(value)
    ? []
    : [regexError("a valid percent string must be a numeric string followed by an ending '%'", '[0-9]+%', '1%', '93%')];
}

const OCTET = /^(0|[1-9]\d{0,2})$/;

export function isIPv4(value: string): boolean {
  const parts = value.split('.');
  return parts.length === 4 && parts.every((part) => OCTET.test(part) && Number(part) <= 255);
}

export function isIPv6(value: string): boolean {
  const halves = value.split('::');
  if (!value.includes(':') || halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  const tail = groups.at(-1) ?? '';
  const count = tail.includes('.') ? (isIPv4(tail) ? groups.length + 1 : 99) : groups.length;
  const hex = tail.includes('.') ? groups.slice(0, -1) : groups;
  return hex.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group)) && (halves.length === 2 ? count < 8 : count === 8);
}

export function isIP(value: string): boolean {
  return isIPv4(value) || isIPv6(value);
}

export const IP_INVALID = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';

export function ipAddress(value: string): string[] {
  return isIP(value) ? [] : [IP_INVALID];
}

/** An address as Go's net.IP writes it. */
export function canonicalIp(value: string): string[] {
  if (!isIP(value)) return [IP_INVALID];
  const canonical = isIPv4(value) ? value : new URL(`http://[${value}]/`).hostname.slice(1, -1);
  return value === canonical ? [] : [`must be in canonical form (${JSON.stringify(canonical)})`];
}

export const CIDR_INVALID = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';

export function isCidr(value: string): boolean {
  const [ip = '', bits = '', ...rest] = value.split('/');
  if (rest.length > 0 || !/^\d{1,3}$/.test(bits) || !isIP(ip)) return false;
  return Number(bits) <= (isIPv4(ip) ? 32 : 128);
}
