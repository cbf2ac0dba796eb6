import { UserError } from '../../../core/errors.ts';
import { urlParse } from '../../../helm/functions/url.ts';
import { ShellNetworkError } from '../../network.ts';
import type { HelmContext } from './context.ts';

const PORTS: Record<string, number> = { http: 80, https: 443 };
const TIMEOUT_MS = 120_000;
const REDIRECTS_MAX = 10;

/** GET as helm's getter does it: the body, or an error in Go's words. */
export async function download(
  ctx: HelmContext,
  url: string,
  login?: { username: string; password: string },
): Promise<string> {
  let href = url;
  for (let hop = 0; hop < REDIRECTS_MAX; hop++) {
    const answer = await get(ctx, href, login);
    const location = answer.headers['location'] ?? answer.headers['Location'];
    if (answer.status >= 300 && answer.status < 400 && location) {
      href = resolveUrl(href, location);
      continue;
    }
    if (answer.status !== 200) {
      throw new UserError(
        'NOT_FOUND',
        `failed to fetch ${href} : ${answer.status} ${answer.statusText ?? REASONS[answer.status] ?? ''}`,
      );
    }
    return answer.body;
  }
  throw new UserError('LIMIT', `Get ${JSON.stringify(href)}: stopped after 10 redirects`);
}

const REASONS: Record<number, string> = {
  301: 'Moved Permanently',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

type Answer = Awaited<ReturnType<HelmContext['network']['http']>>;

const get = (ctx: HelmContext, href: string, login?: { username: string; password: string }): Promise<Answer> =>
  request(ctx, href, { method: 'GET', headers: {} }, login);

/** One exchange; what fails on the way is said in Go's words. */
export async function request(
  ctx: HelmContext,
  href: string,
  { method, headers: given, body }: { method: string; headers: Record<string, string>; body?: string },
  login?: { username: string; password: string },
): Promise<Answer> {
  const parts = urlParse(href);
  const part = (name: string): string => String(parts.get(name) ?? '');
  const scheme = part('scheme');
  if (scheme !== 'http' && scheme !== 'https') {
    throw new UserError(
      'INVALID_ARGUMENT',
      `Get ${JSON.stringify(href)}: unsupported protocol scheme ${JSON.stringify(scheme)}`,
    );
  }
  const host = part('hostname');
  const port = Number(/:(\d+)$/.exec(part('host'))?.[1] ?? PORTS[scheme]);
  const headers: Record<string, string> = {
    host: part('host'),
    'user-agent': 'Helm/4.1.4',
    'accept-encoding': 'gzip',
    ...given,
  };
  if (login?.username) {
    headers['authorization'] = `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`;
  }
  try {
    return await ctx.network.http({
      scheme,
      host,
      port,
      method,
      ...(body === undefined ? {} : { body }),
      path: (part('path') || '/') + (part('query') ? `?${part('query')}` : ''),
      headers,
      connectTimeoutMs: 30_000,
      timeoutMs: TIMEOUT_MS,
      ...(ctx.signal ? { signal: ctx.signal } : {}),
    });
  } catch (error) {
    if (!(error instanceof ShellNetworkError)) throw error;
    const verb = method.slice(0, 1) + method.slice(1).toLowerCase();
    throw new UserError('NOT_FOUND', `${verb} ${JSON.stringify(href)}: ${await cause(ctx, error, host, port)}`);
  }
}

/** What Go's net package says. */
async function cause(ctx: HelmContext, error: ShellNetworkError, host: string, port: number): Promise<string> {
  if (error.code === 'ENOTFOUND') return `dial tcp: lookup ${host}: no such host`;
  if (error.code === 'EAI_AGAIN') return `dial tcp: lookup ${host}: server misbehaving`;
  const [ip = host] = /^[\d.]+$/.test(host) ? [host] : await ctx.network.resolve(host).catch(() => [host]);
  const dialled = `dial tcp ${ip}:${port}:`;
  const words: Record<string, string> = {
    ECONNREFUSED: `${dialled} connect: connection refused`,
    EHOSTUNREACH: `${dialled} connect: no route to host`,
    ENETUNREACH: `${dialled} connect: network is unreachable`,
    ETIMEDOUT: `${dialled} i/o timeout`,
    ECONNRESET: 'read: connection reset by peer',
    EMPTY_REPLY: 'EOF',
    TIMEOUT_REPLY: 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
    TLS: 'http: server gave HTTP response to HTTPS client',
  };
  return words[error.code] ?? error.message;
}

/** An URL against the one of a repository. */
export function resolveUrl(base: string, reference: string): string {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(reference)) return reference;
  const root = /^[a-z]+:\/\/[^/]*/i.exec(base)?.[0] ?? '';
  if (reference.startsWith('/')) return root + reference;
  const folders = base.slice(root.length).split('?')[0]?.replace(/\/?$/, '/') ?? '/';
  const parts: string[] = [];
  for (const part of (folders + reference).split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return root + parts.join('/');
}
