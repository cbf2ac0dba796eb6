/** nginx's configuration language: blocks and directives with their places, checked as nginx checks them at the start. */
export interface Directive {
  name: string;
  args: string[];
  file: string;
  line: number;
  block?: Directive[];
}

/** `[emerg]` of the configuration; nginx ends with 1. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

export interface ConfigFiles {
  /** Text of a file; undefined when there is none. */
  read(path: string): string | undefined;
  /** Sorted paths that match a pattern with `*`. */
  match(pattern: string): string[];
}

type Context = 'main' | 'events' | 'http' | 'server' | 'location' | 'upstream' | 'if';

/** Directives by where they may stand: `name:min-max` arguments, `{}` after those that open a block. */
const DIRECTIVES: Record<string, string> = {
  main: 'daemon:1 env:1 error_log:1- events:0{} http:0{} include:1 load_module:1 master_process:1 pid:1 user:1-2 worker_cpu_affinity:1- worker_priority:1 worker_processes:1 worker_rlimit_nofile:1 worker_shutdown_timeout:1',
  events: 'accept_mutex:1 include:1 multi_accept:1 use:1 worker_connections:1',
  http: 'access_log:1- add_header:2-3 charset:1 client_body_buffer_size:1 client_body_timeout:1 client_header_buffer_size:1 client_header_timeout:1 client_max_body_size:1 default_type:1 error_log:1- error_page:2- etag:1 expires:1-2 gzip:1 gzip_comp_level:1 gzip_disable:1- gzip_min_length:1 gzip_proxied:1- gzip_types:1- gzip_vary:1 include:1 index:1- keepalive_requests:1 keepalive_timeout:1-2 large_client_header_buffers:2 limit_conn_zone:2 limit_req_zone:3 log_format:2- log_not_found:1 map:2{} proxy_buffer_size:1 proxy_buffering:1 proxy_buffers:2 proxy_cache_path:2- proxy_connect_timeout:1 proxy_http_version:1 proxy_next_upstream:1- proxy_read_timeout:1 proxy_send_timeout:1 proxy_set_header:2 real_ip_header:1 resolver:1- resolver_timeout:1 root:1 sendfile:1 send_timeout:1 server:0{} server_names_hash_bucket_size:1 server_tokens:1 set_real_ip_from:1 ssl_certificate:1 ssl_certificate_key:1 ssl_protocols:1- tcp_nodelay:1 tcp_nopush:1 types:0{} types_hash_max_size:1 upstream:1{} allow:1 deny:1 autoindex:1 underscores_in_headers:1 proxy_redirect:1-2 proxy_hide_header:1 proxy_ssl_verify:1',
  server:
    'listen:1- server_name:1- location:1-2{} return:1-2 rewrite:2-3 set:2 try_files:2- if:1-{} http2:1 internal:0 ssl_session_cache:1- stub_status:0-1 limit_req:1- limit_conn:2',
  location: 'alias:1 proxy_pass:1 internal:0 fastcgi_pass:1 grpc_pass:1 limit_except:1-{}',
  upstream: 'server:1- keepalive:1 least_conn:0 ip_hash:0 hash:1-2 random:0-2 zone:1-2',
};

/** Where the directives of a context are also allowed. */
const INHERITS: Record<Context, string[]> = {
  main: ['main'],
  events: ['events'],
  http: ['http'],
  server: ['server', 'http'],
  location: ['location', 'server', 'http'],
  if: ['location', 'server', 'http'],
  upstream: ['upstream'],
};
/** Of http only. */
const HTTP_ONLY = new Set([
  'server',
  'upstream',
  'map',
  'log_format',
  'limit_req_zone',
  'limit_conn_zone',
  'proxy_cache_path',
]);
/** Of server only. */
const SERVER_ONLY = new Set(['listen', 'server_name', 'http2', 'ssl_session_cache']);

interface Rule {
  min: number;
  max: number;
  block: boolean;
}

const RULES = new Map<string, Map<string, Rule>>();
for (const [context, text] of Object.entries(DIRECTIVES)) {
  const rules = new Map<string, Rule>();
  for (const word of text.split(' ')) {
    const [, name = '', min = '0', to, braces] = /^(\w+):(\d+)(-\d*)?(\{\})?$/.exec(word) as RegExpExecArray;
    const max = to === undefined ? Number(min) : to === '-' ? Number.POSITIVE_INFINITY : Number(to.slice(1));
    rules.set(name, { min: Number(min), max, block: braces !== undefined });
  }
  RULES.set(context, rules);
}

function ruleOf(name: string, context: Context): Rule | 'elsewhere' | undefined {
  for (const scope of INHERITS[context]) {
    const rule = RULES.get(scope)?.get(name);
    if (!rule) continue;
    if (scope !== context && (HTTP_ONLY.has(name) || (SERVER_ONLY.has(name) && context !== 'server'))) continue;
    return rule;
  }
  return [...RULES.values()].some((rules) => rules.has(name)) ? 'elsewhere' : undefined;
}

interface Token {
  text: string;
  line: number;
  /** `{`, `}` and `;` outside of quotes. */
  mark: boolean;
}

function tokenize(text: string, file: string): Token[] {
  const tokens: Token[] = [];
  let line = 1;
  for (const match of text.matchAll(
    /#[^\n]*|"(?:\\[\s\S]|[^"\\])*"|'(?:\\[\s\S]|[^'\\])*'|[{};]|\n|(?:\$\{\w+\}|\\[\s\S]|[^\s{};#"'\\]|(?<=[^\s{};])[#"'])+|["']/g,
  )) {
    const [word] = match;
    if (word === '"' || word === "'")
      throw new ConfigError(`unexpected end of file, expecting ";" or "}" in ${file}:${line}`);
    const quoted = /^["']/.test(word);
    if (word !== '\n' && !word.startsWith('#'))
      tokens.push({
        text: unescaped(quoted ? word.slice(1, -1) : word),
        line,
        mark: !quoted && /^[{};]$/.test(word),
      });
    line += word.split('\n').length - 1;
  }
  tokens.push({ text: '', line, mark: true });
  return tokens;
}

/** What a backslash stands for in nginx's words. */
function unescaped(word: string): string {
  const letters: Record<string, string> = { n: '\n', r: '\r', t: '\t' };
  return word.replace(/\\([nrt"'\\])/g, (_, letter: string) => letters[letter] ?? letter);
}

const INCLUDE_DEPTH_MAX = 10;

/** Reads a configuration with its includes. Throws {@link ConfigError}. */
export function parseConfig(files: ConfigFiles, file: string): Directive[] {
  return readFile(files, file, 'main', 0);
}

function readFile(files: ConfigFiles, file: string, context: Context, depth: number): Directive[] {
  const text = files.read(file);
  if (text === undefined) throw new ConfigError(`open() "${file}" failed (2: No such file or directory)`);
  const tokens = tokenize(text, file);
  let at = 0;
  const readBlock = (scope: Context, top: boolean, raw = false): Directive[] => {
    const out: Directive[] = [];
    for (;;) {
      const first = tokens[at] as Token;
      if (first.mark && first.text === '') {
        if (top) return out;
        throw new ConfigError(`unexpected end of file, expecting "}" in ${file}:${first.line}`);
      }
      if (first.mark && first.text === '}') {
        if (top) throw new ConfigError(`unexpected "}" in ${file}:${first.line}`);
        at++;
        return out;
      }
      if (first.mark) throw new ConfigError(`unexpected "${first.text}" in ${file}:${first.line}`);
      const words: string[] = [];
      while (!(tokens[at] as Token).mark) words.push((tokens[at++] as Token).text);
      const end = tokens[at] as Token;
      at++;
      const [name = '', ...args] = words;
      if (end.text === '' || end.text === '}')
        throw new ConfigError(
          end.text === ''
            ? `unexpected end of file, expecting ";" or "}" in ${file}:${end.line}`
            : `unexpected "}" in ${file}:${end.line}`,
        );
      const directive: Directive = { name, args, file, line: end.line };
      if (!raw) check(directive, scope, end.text === '{');
      if (name === 'include' && !raw) out.push(...included(files, directive, scope, depth));
      else {
        if (end.text === '{')
          directive.block = readBlock(blockContext(name), false, name === 'types' || name === 'map');
        out.push(directive);
      }
    }
  };
  return readBlock(context, true);
}

function blockContext(name: string): Context {
  if (name === 'limit_except') return 'if';
  return name as Context;
}

function check({ name, args, file, line }: Directive, context: Context, opens: boolean): void {
  const where = `in ${file}:${line}`;
  const rule = ruleOf(name, context);
  if (rule === undefined) throw new ConfigError(`unknown directive "${name}" ${where}`);
  if (rule === 'elsewhere') throw new ConfigError(`"${name}" directive is not allowed here ${where}`);
  if (rule.block && !opens) throw new ConfigError(`directive "${name}" has no opening "{" ${where}`);
  if (!rule.block && opens) throw new ConfigError(`directive "${name}" is not terminated by ";" ${where}`);
  if (args.length < rule.min || args.length > rule.max)
    throw new ConfigError(`invalid number of arguments in "${name}" directive ${where}`);
}

function included(files: ConfigFiles, { args, file, line }: Directive, context: Context, depth: number): Directive[] {
  if (depth >= INCLUDE_DEPTH_MAX) throw new ConfigError(`too many nested includes in ${file}:${line}`);
  const [given = ''] = args;
  const path = given.startsWith('/') ? given : `/etc/nginx/${given}`;
  if (/[*?[]/.test(path)) return files.match(path).flatMap((name) => readFile(files, name, context, depth + 1));
  if (path === '/etc/nginx/mime.types') return [];
  if (files.read(path) === undefined)
    throw new ConfigError(`open() "${path}" failed (2: No such file or directory) in ${file}:${line}`);
  return readFile(files, path, context, depth + 1);
}

export function find(block: readonly Directive[], name: string): Directive | undefined {
  return block.findLast((directive) => directive.name === name);
}

export function all(block: readonly Directive[], name: string): Directive[] {
  return block.filter((directive) => directive.name === name);
}
