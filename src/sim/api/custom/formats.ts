const OCTET = '(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)';
const IPV4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`);

const isIPv4 = (text: string): boolean => IPV4.test(text);

/** Eight groups, of which one run may be left out. */
function isIPv6(text: string): boolean {
  const halves = text.split('::');
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  const wellFormed = groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group));
  return wellFormed && (halves.length === 1 ? groups.length === 8 : halves.length === 2 && groups.length < 8);
}

const PATTERNS: Record<string, RegExp> = {
  'date-time': /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/,
  date: /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/,
  email: /^[^\s@<>]+@[^\s@<>]+$/,
  hostname:
    /^(?=.{1,255}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/,
  uuid: /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i,
  uuid3: /^[0-9a-f]{8}-?[0-9a-f]{4}-?3[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i,
  uuid4: /^[0-9a-f]{8}-?[0-9a-f]{4}-?4[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$/i,
  uuid5: /^[0-9a-f]{8}-?[0-9a-f]{4}-?5[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$/i,
  mac: /^([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/i,
  hexcolor: /^#?([0-9a-f]{3}|[0-9a-f]{6})$/i,
  duration: /^\s*\d+(\.\d+)?\s*(ns|us|µs|ms|s|m|h|d|w|[a-z]+)?\s*$/i,
  byte: /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/,
  uri: /^([a-zA-Z][a-zA-Z0-9+.-]*:|\/)\S*$/,
  'k8s-short-name': /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
  'k8s-long-name': /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
};

/** Whether a string has an OpenAPI format; formats that upstream does not check fit always. */
export function matchesFormat(format: string, text: string): boolean {
  switch (format) {
    case 'ipv4':
      return isIPv4(text);
    case 'ipv6':
      return isIPv6(text);
    case 'cidr': {
      const [address = '', bits = ''] = text.split('/');
      return (
        (isIPv4(address) || isIPv6(address)) && /^\d{1,3}$/.test(bits) && Number(bits) <= (isIPv4(address) ? 32 : 128)
      );
    }
    case 'date-time':
      return PATTERNS['date-time']?.test(text) === true && !Number.isNaN(Date.parse(text.replace(' ', 'T')));
    default:
      return PATTERNS[format]?.test(text) ?? true;
  }
}
