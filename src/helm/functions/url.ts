import { FunctionError, GoMap, kindOf } from '../template/value.ts';
import { fail } from './table.ts';

const quoted = (text: string): string => JSON.stringify(text);

/** net/url's Parse for sprig's urlParse: a map of the parts. Throws FunctionError in Go's words. */
export function urlParse(text: string): GoMap {
  const wrong = (message: string): never => {
    throw new FunctionError(`unable to parse url: parse ${quoted(text)}: ${message}`);
  };
  if (/[\x00-\x1f\x7f]/.test(text)) wrong('net/url: invalid control character in URL');
  const [before = '', ...fragments] = text.split('#');
  const [whole = '', ...queries] = before.split('?');
  let rest = whole;
  let scheme = '';
  const start = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(rest);
  if (start) {
    scheme = (start[1] ?? '').toLowerCase();
    rest = rest.slice(start[0].length);
  } else if (rest.startsWith(':')) wrong('missing protocol scheme');
  else if (/^[^/]*:/.test(rest)) wrong('first path segment in URL cannot contain colon');
  const map = new GoMap();
  let [host, path, opaque, userinfo] = ['', rest, '', ''];
  if (scheme !== '' && !rest.startsWith('/')) [path, opaque] = ['', rest];
  else if (rest.startsWith('//') && (scheme !== '' || !rest.startsWith('///'))) {
    const end = rest.indexOf('/', 2);
    const authority = end < 0 ? rest.slice(2) : rest.slice(2, end);
    path = end < 0 ? '' : rest.slice(end);
    const at = authority.lastIndexOf('@');
    userinfo = at < 0 ? '' : userText(authority.slice(0, at), wrong);
    host = decodeEscapes(checkHost(authority.slice(at + 1), wrong), wrong);
  }
  map.set('scheme', scheme).set('host', host).set('hostname', hostName(host)).set('path', decodeEscapes(path, wrong));
  map
    .set('query', queries.join('?'))
    .set('opaque', opaque)
    .set('fragment', decodeEscapes(fragments.join('#'), wrong));
  return map.set('userinfo', userinfo);
}

function userText(text: string, wrong: (message: string) => never): string {
  if (!/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(text)) wrong('net/url: invalid userinfo');
  const [name = '', ...password] = text.split(':');
  const part = (value: string): string => escapePath(decodeEscapes(value, wrong), /[A-Za-z0-9\-_.~$&+,;=]/);
  return password.length === 0 ? part(name) : `${part(name)}:${part(password.join(':'))}`;
}

function checkHost(host: string, wrong: (message: string) => never): string {
  const end = host.startsWith('[') ? host.lastIndexOf(']') : -1;
  if (host.startsWith('[') && end < 0) wrong("missing ']' in host");
  const port = end >= 0 ? host.slice(end + 1) : (/:.*$/.exec(host.slice(host.lastIndexOf(':')))?.[0] ?? '');
  if (host.includes(':') && port !== '' && !/^:\d*$/.test(port)) wrong(`invalid port ${quoted(port)} after host`);
  const strange = /[\s<>"{}|\\^`]/.exec(host);
  if (strange) wrong(`invalid character ${quoted(strange[0])} in host name`);
  return host;
}

function hostName(host: string): string {
  if (host.startsWith('[')) return host.slice(1, host.indexOf(']'));
  return host.replace(/:\d*$/, '');
}

function decodeEscapes(text: string, wrong: (message: string) => never): string {
  const broken = /%(?![0-9A-Fa-f]{2}).{0,2}/s.exec(text);
  if (broken) wrong(`invalid URL escape ${quoted(broken[0])}`);
  const bytes = Buffer.from(text).toString('latin1');
  const plain = bytes.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(plain, 'latin1').toString();
}

function escapePath(text: string, plain: RegExp): string {
  return [...Buffer.from(text)]
    .map((byte) => {
      const ch = String.fromCharCode(byte);
      return byte < 128 && plain.test(ch) ? ch : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}

/** net/url's String for sprig's urlJoin. */
export function urlJoin(map: GoMap): string {
  const part = (name: string): string => {
    const value = map.get(name);
    if (value === undefined) return '';
    return typeof value === 'string'
      ? value
      : fail(`unable to parse ${name} key, must be of type string, but ${kindOf(value)} found`);
  };
  const [scheme, host, opaque, user] = [part('scheme'), part('host'), part('opaque'), part('userinfo')];
  let out = scheme ? `${scheme}:` : '';
  const path = escapePath(part('path'), /[A-Za-z0-9\-_.~$&+,/:;=@!'()*]/);
  if (opaque) out += opaque;
  else {
    if (scheme || host || user) {
      if (host || path || user) out += host || user ? '//' : '';
      if (user) out += `${userText(user, (message) => fail(`unable to parse userinfo in dict: ${message}`))}@`;
      out += escapePath(host, /[A-Za-z0-9\-_.~!$&'()*+,;=:[\]<>"]/);
    }
    if (path && !path.startsWith('/') && host) out += '/';
    out += path;
  }
  const [query, fragment] = [part('query'), part('fragment')];
  if (query) out += `?${query}`;
  return fragment ? `${out}#${escapePath(fragment, /[A-Za-z0-9\-_.~!$&'()*+,/:;=?@]/)}` : out;
}
