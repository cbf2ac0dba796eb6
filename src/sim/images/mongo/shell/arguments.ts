/** What the command line of the mongo shell says. */
export interface Arguments {
  host: string;
  port: number;
  db: string;
  user: string | undefined;
  password: string | undefined;
  authDb: string;
  evaluate: string | undefined;
  files: string[];
  quiet: boolean;
  nodb: boolean;
  shell: boolean;
  tls: boolean;
  version: boolean;
  /** As printed after `connecting to:`. */
  url: string;
}

const VALUED: Readonly<Record<string, string>> = {
  '--host': 'host',
  '--port': 'port',
  '-u': 'user',
  '--username': 'user',
  '-p': 'password',
  '--password': 'password',
  '--authenticationDatabase': 'authDb',
  '--authenticationMechanism': 'mechanism',
  '--eval': 'evaluate',
  '--tlsCAFile': 'ca',
  '--sslCAFile': 'ca',
  '--tlsCertificateKeyFile': 'key',
  '--sslPEMKeyFile': 'key',
};
const PLAIN = new Set([
  '--quiet',
  '--nodb',
  '--shell',
  '--norc',
  '--tls',
  '--ssl',
  '--version',
  '--tlsAllowInvalidCertificates',
  '--sslAllowInvalidCertificates',
  '--tlsAllowInvalidHostnames',
  '--sslAllowInvalidHostnames',
  '--verbose',
  '--ipv6',
]);

/** Parses the arguments; a text is the error to print. */
export function parseArguments(argv: readonly string[]): Arguments | string {
  const values: Record<string, string> = {};
  const flags = new Set<string>();
  const rest: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const arg = argv[i] as string;
    const [name = '', inline] = arg.startsWith('--') && arg.includes('=') ? splitOnce(arg) : [arg];
    const attached = /^-(u|p)(.+)$/.exec(arg);
    if (attached && !arg.startsWith('--')) values[attached[1] === 'u' ? 'user' : 'password'] = attached[2] as string;
    else if (VALUED[name]) {
      const value = inline ?? argv[++i];
      if (value === undefined)
        return `Error parsing command line: the required argument for option '${name}' is missing`;
      values[VALUED[name] as string] = value;
    } else if (PLAIN.has(arg)) flags.add(arg);
    else if (arg.startsWith('-')) return `Error parsing command line: unrecognised option '${arg}'`;
    else rest.push(arg);
  }
  const first = rest[0];
  const isFile = (text: string): boolean => text.endsWith('.js');
  const address = first !== undefined && !isFile(first) ? parseAddress(rest.shift() as string) : {};
  const host = values['host']?.split(':')[0] ?? address.host ?? '127.0.0.1';
  const port = Number(values['port'] ?? values['host']?.split(':')[1] ?? address.port ?? 27017);
  const db = address.db ?? 'test';
  const user = values['user'] ?? address.user;
  const authDb = values['authDb'] ?? address.authDb ?? address.db ?? 'admin';
  const source = values['authDb'] ?? address.authDb;
  const query = `${source === undefined ? '' : `authSource=${source}&`}compressors=disabled&gssapiServiceName=mongodb`;
  return {
    host,
    port,
    db,
    user,
    password: values['password'] ?? address.password,
    authDb,
    evaluate: values['evaluate'],
    files: rest,
    quiet: flags.has('--quiet'),
    nodb: flags.has('--nodb'),
    shell: flags.has('--shell'),
    tls: flags.has('--tls') || flags.has('--ssl'),
    version: flags.has('--version'),
    url: `mongodb://${host}:${port}/${address.db ?? ''}?${query}`,
  };
}

function splitOnce(text: string): [string, string] {
  const at = text.indexOf('=');
  return [text.slice(0, at), text.slice(at + 1)];
}

interface Address {
  host?: string;
  port?: string;
  db?: string;
  user?: string;
  password?: string;
  authDb?: string;
}

/** `db`, `host/db`, `host:port/db` or a connection string. */
function parseAddress(text: string): Address {
  const url = /^mongodb:\/\/(?:([^:@/]*)(?::([^@/]*))?@)?([^:/?,]+)(?::(\d+))?(?:\/([^?]*))?(?:\?(.*))?$/.exec(text);
  if (url) {
    const [, user, password, host, port, db, query] = url;
    const authDb = new URLSearchParams(query ?? '').get('authSource') ?? undefined;
    const decode = (t: string | undefined): string | undefined => (t ? decodeURIComponent(t) : undefined);
    return { host, port, db: db || undefined, user: decode(user), password: decode(password), authDb };
  }
  const parts = /^(?:([^:/]+)(?::(\d+))?\/)?([^/]*)$/.exec(text);
  if (!parts) return { db: text };
  if (parts[1] === undefined && /[.:]/.test(text)) return { host: text.split(':')[0], port: text.split(':')[1] };
  return { host: parts[1], port: parts[2], db: parts[3] || undefined };
}
