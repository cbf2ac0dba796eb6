import type { Conn } from '../net/net.ts';
import type { Task, Thread } from '../process/task.ts';
import type { World } from '../world.ts';
import type { ApiRequest, ApiResponse } from './api.ts';
import { proxyHttp } from './proxy.ts';

/**
 * What the API server's proxy makes of the links in pages and redirects, so that they lead through the proxy again
 * (k8s.io/apimachinery/pkg/util/proxy/transport.go).
 */

/** Attributes that hold addresses, by element. */
const LINKS: Readonly<Record<string, readonly string[]>> = {
  a: ['href'],
  applet: ['codebase'],
  area: ['href'],
  audio: ['src'],
  base: ['href'],
  blockquote: ['cite'],
  body: ['background'],
  button: ['formaction'],
  command: ['icon'],
  del: ['cite'],
  embed: ['src'],
  form: ['action'],
  frame: ['longdesc', 'src'],
  head: ['profile'],
  html: ['manifest'],
  iframe: ['longdesc', 'src'],
  img: ['longdesc', 'src', 'usemap'],
  input: ['src', 'usemap', 'formaction'],
  ins: ['cite'],
  link: ['href'],
  object: ['classid', 'codebase', 'data', 'usemap'],
  q: ['cite'],
  script: ['src'],
  source: ['src'],
  video: ['poster', 'src'],
};

export interface ProxyPlace {
  /** The path up to `proxy`, without a slash at its end. */
  prefix: string;
  /** Host of the request as the client named it, and the backend's own: links to these are the page's own. */
  requestHost: string;
  backendHost: string;
}

function linkThrough(link: string, { prefix, requestHost, backendHost }: ProxyPlace): string {
  const [, origin = '', host = '', path = '', rest = ''] =
    /^((?:[a-z][a-z\d+.-]*:)?(?:\/\/([^/?#]*))?)([^?#]*)(.*)$/is.exec(link) ?? [];
  const isForeign = host !== '' && host !== requestHost && host !== backendHost;
  if (isForeign || !path.startsWith('/')) return link;
  const kept = host !== '' && host === requestHost ? origin : '';
  if (path.startsWith(prefix)) return `${kept}${path}${rest}`;
  const joined = new URL(`http://host${prefix}${path.replace(/\/{2,}/g, '/')}`).pathname;
  return `${kept}${joined}${rest}`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  '#34': '"',
  '#39': "'",
};
const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
};
const unescaped = (text: string): string => text.replace(/&(#?\w+);/g, (all, name: string) => ENTITIES[name] ?? all);
const escaped = (text: string): string => text.replace(/[&<>"']/g, (letter) => ESCAPES[letter] as string);

/** Comments and the text of elements that hold no other, which pass unread; or a start tag with its name and attributes. */
const TOKEN =
  /<!--.*?-->|(?<=<(script|style|textarea|title)\b[^>]*>)(?:(?!<\/\1\b).)+|<([a-z][^\s/>]*)((?:"[^"]*"|'[^']*'|[^"'>])*?)(\/?)>/gis;
const ATTRIBUTE = /([^\s=/]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"']+)))?/g;

function pageThrough(page: string, place: ProxyPlace): string {
  return page.replace(TOKEN, (all: string, _raw, tag: string | undefined, attributes = '', end = '') => {
    if (tag === undefined) return all;
    const name = tag.toLowerCase();
    const links = LINKS[name] ?? [];
    let out = `<${name}`;
    for (const [, key = '', double, single, bare] of String(attributes).matchAll(ATTRIBUTE)) {
      const value = unescaped(double ?? single ?? bare ?? '');
      out += ` ${key.toLowerCase()}="${escaped(links.includes(key.toLowerCase()) ? linkThrough(value, place) : value)}"`;
    }
    return `${out}${end}>`;
  });
}

/** The backend's answer as the client gets it. */
export function linksThrough(response: ApiResponse, place: ProxyPlace): ApiResponse {
  const header = (wanted: string): [string, string] | undefined =>
    Object.entries(response.headers).find(([name]) => name.toLowerCase() === wanted);
  const location = header('location');
  if (location?.[1]) {
    const { [location[0]]: _, ...others } = response.headers;
    return { ...response, headers: { ...others, location: linkThrough(location[1], place) } };
  }
  const type = header('content-type')?.[1].split(';')[0]?.trim();
  if (type !== 'text/html' || header('content-encoding')) return response;
  const length = header('content-length')?.[0];
  const { [length ?? '']: _, ...headers } = response.headers;
  return { ...response, headers, body: pageThrough(response.body, place) };
}

interface Proxied {
  world: World;
  request: ApiRequest;
  /** Nothing, not even a slash, follows `proxy`. */
  root: boolean;
  /** What the backend is asked for, with its query. */
  path: string;
}

/** {@link proxyHttp} with links that lead back; who asks for the root without its slash is sent there, so that relative links are right. */
export function proxyPages(
  { world, request, root, path }: Proxied,
  { dial, host }: { dial: (th: Thread) => Task<Conn>; host: string },
  respond: (response: ApiResponse) => void,
): void {
  const [whole = '', query] = request.path.split('?');
  if (root && ['GET', 'HEAD'].includes(request.method)) {
    const location = `${whole}/${query === undefined ? '' : `?${query}`}`;
    respond({ status: 301, headers: { location }, body: '' });
    return;
  }
  const [asked = ''] = path.split('?');
  const prefix = root ? whole : whole.slice(0, -asked.length);
  const place = { prefix, requestHost: request.headers['host'] ?? '', backendHost: host };
  proxyHttp(world, request, path, dial, (response) => respond(linksThrough(response, place)));
}
