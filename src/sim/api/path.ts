/** A request's path taken apart, e.g. `/apis/apps/v1/namespaces/x/deployments/web/scale`. */
export interface ApiPath {
  group: string;
  version: string;
  namespace?: string;
  resource: string;
  name?: string;
  subresource?: string;
  /** What follows a `proxy` subresource, with its leading slash. */
  rest?: string;
}

export interface Target {
  path: string;
  query: URLSearchParams;
  /** Query string as sent, without `?`. */
  search: string;
}

export function splitTarget(pathAndQuery: string): Target {
  const at = pathAndQuery.indexOf('?');
  const path = at < 0 ? pathAndQuery : pathAndQuery.slice(0, at);
  const search = at < 0 ? '' : pathAndQuery.slice(at + 1);
  return { path, search, query: new URLSearchParams(search) };
}

/** Undefined when the path is no resource path (discovery, health, nonsense). */
export function parseResourcePath(path: string): ApiPath | undefined {
  const parts = path.split('/').slice(1).map(decode);
  let rest: string[];
  let group = '';
  let version: string | undefined;
  if (parts[0] === 'api') [version, rest] = [parts[1], parts.slice(2)];
  else if (parts[0] === 'apis') [group, version, rest] = [parts[1] ?? '', parts[2], parts.slice(3)];
  else return undefined;
  if (!version || rest.length === 0 || rest[0] === '') return undefined;
  const out = (namespace: string | undefined, tail: string[]): ApiPath => ({
    group,
    version: version as string,
    namespace,
    resource: tail[0] ?? '',
    ...(tail[1] ? { name: tail[1] } : {}),
    ...(tail[2] ? { subresource: tail[2] } : {}),
    ...(tail.length > 3 ? { rest: `/${tail.slice(3).join('/')}` } : {}),
  });
  const isOwn = rest[2] === 'status' || rest[2] === 'finalize';
  if (rest[0] === 'namespaces' && rest.length > 2 && rest[2] !== '' && !(isOwn && rest.length === 3))
    return out(rest[1], rest.slice(2));
  return out(undefined, rest);
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Booleans in a query as Go's conversion reads them: anything but `false` and `0` is true when present. */
export function queryBool(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  if (value === null) return false;
  return !['false', '0'].includes(value.toLowerCase());
}
