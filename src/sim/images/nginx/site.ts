import { all, ConfigError, type Directive, find } from './config.ts';

/** A location or server with what it inherits from outside. */
export interface Scope {
  /** Directives of this level, then of the levels around it. */
  levels: Directive[][];
}

export interface Location extends Scope {
  kind: '' | '=' | '^~' | '~' | '~*';
  pattern: string;
  locations: Location[];
}

export interface VirtualServer extends Scope {
  ports: { port: number; isDefault: boolean }[];
  names: string[];
  locations: Location[];
}

/** Where requests are passed on to: one address after the other. */
export interface Upstream {
  peers: { host: string; port: number }[];
  next: number;
}

export interface Site {
  servers: VirtualServer[];
  upstreams: Map<string, Upstream>;
  maps: { source: string; target: string; table: Directive[] }[];
}

/** What the http block says. Throws {@link ConfigError} for what nginx finds out only now. */
export function buildSite(config: Directive[]): Site {
  if (!find(config, 'events')) throw new ConfigError('no "events" section in configuration');
  const http = find(config, 'http')?.block ?? [];
  const upstreams = new Map<string, Upstream>();
  for (const { args, block = [], file, line } of all(http, 'upstream')) {
    const peers = all(block, 'server').map((server) => address(server.args[0] ?? ''));
    if (peers.length === 0) throw new ConfigError(`no servers are inside upstream in ${file}:${line}`);
    upstreams.set(args[0] as string, { peers, next: 0 });
  }
  const servers = all(http, 'server').map(({ block = [] }) => buildServer(block, [http, config]));
  const maps = all(http, 'map').map(({ args, block = [] }) => ({
    source: args[0] ?? '',
    target: args[1] ?? '',
    table: block,
  }));
  return { servers, upstreams, maps };
}

function buildServer(block: Directive[], outer: Directive[][]): VirtualServer {
  const ports = all(block, 'listen').map(({ args, file, line }) => {
    const port = Number(/^(?:.*:)?(\d+)$/.exec(args[0] ?? '')?.[1] ?? (/^\d+$/.test(args[0] ?? '') ? args[0] : 80));
    if (port < 1 || port > 65_535)
      throw new ConfigError(`invalid port in "${args[0]}" of the "listen" directive in ${file}:${line}`);
    const odd = args
      .slice(1)
      .find(
        (word) =>
          !/^(default_server|ssl|http2|reuseport|proxy_protocol|deferred|bind|backlog=\d+|ipv6only=\w+)$/.test(word),
      );
    if (odd !== undefined) throw new ConfigError(`invalid parameter "${odd}" in ${file}:${line}`);
    if (args.includes('ssl') && !find(block, 'ssl_certificate'))
      throw new ConfigError(`no "ssl_certificate" is defined for the "listen ... ssl" directive in ${file}:${line}`);
    return { port, isDefault: args.includes('default_server') };
  });
  const levels = [block, ...outer];
  return {
    levels,
    ports: ports.length > 0 ? ports : [{ port: 80, isDefault: false }],
    names: all(block, 'server_name').flatMap(({ args }) => args),
    locations: buildLocations(block, levels),
  };
}

function buildLocations(block: Directive[], outer: Directive[][]): Location[] {
  return all(block, 'location').map(({ args, block: inner = [], file, line }) => {
    const [first = '', second] = args;
    const kind = second === undefined ? '' : first;
    if (!/^(=|~|~\*|\^~|)$/.test(kind)) throw new ConfigError(`invalid location modifier "${kind}" in ${file}:${line}`);
    for (const pass of all(inner, 'proxy_pass')) checkPass(pass);
    const levels = [inner, ...outer];
    return {
      kind: kind as Location['kind'],
      pattern: second ?? first,
      levels,
      locations: buildLocations(inner, levels),
    };
  });
}

function checkPass({ args, file, line }: Directive): void {
  if (!/^https?:\/\/./.test(args[0] ?? '') && !(args[0] ?? '').startsWith('$'))
    throw new ConfigError(`invalid URL prefix in ${file}:${line}`);
}

/** Names that nginx looks up while it reads the configuration, with the place to blame. */
export function upstreamHosts(
  config: Directive[],
  upstreams: ReadonlyMap<string, Upstream>,
): { host: string; place: string; url: string }[] {
  const out: { host: string; place: string; url: string }[] = [];
  const visit = (block: readonly Directive[], inUpstream: boolean): void => {
    for (const { name, args, file, line, block: inner } of block) {
      const place = `${file}:${line}`;
      const [first = ''] = args;
      if (inUpstream && name === 'server') out.push({ host: address(first).host, place, url: first });
      if (name === 'proxy_pass' && !first.includes('$')) {
        const authority = /^https?:\/\/([^/]+)/.exec(first)?.[1] ?? '';
        if (!upstreams.has(authority))
          out.push({ host: address(authority).host, place, url: authority.replace(/:\d+$/, '') });
      }
      if (inner) visit(inner, name === 'upstream');
    }
  };
  visit(config, false);
  return out;
}

export function address(text: string): { host: string; port: number } {
  const [, host = text, port = '80'] = /^([^:]+)(?::(\d+))?$/.exec(text) ?? [];
  return { host, port: Number(port) };
}

/** The nearest setting of that name, from the inside out. */
export function setting(scope: Scope, name: string): Directive | undefined {
  for (const level of scope.levels) {
    const found = find(level, name);
    if (found) return found;
  }
  return undefined;
}

/** nginx's choice: exact, then the longest prefix if `^~`, then expressions in order, then the longest prefix. */
export function chooseLocation(locations: readonly Location[], uri: string): Location | undefined {
  const exact = locations.find(({ kind, pattern }) => kind === '=' && pattern === uri);
  if (exact) return exact;
  const prefix = locations
    .filter(({ kind, pattern }) => (kind === '' || kind === '^~') && uri.startsWith(pattern))
    .sort((a, b) => b.pattern.length - a.pattern.length)[0];
  const nested = prefix ? chooseLocation(prefix.locations, uri) : undefined;
  if (nested) return nested;
  if (prefix?.kind === '^~') return prefix;
  const regex = locations.find(
    ({ kind, pattern }) => kind.startsWith('~') && new RegExp(pattern, kind === '~*' ? 'i' : '').test(uri),
  );
  return regex ?? prefix;
}
