import type { MemcachedStore } from './store.ts';

export const VERSION = '1.6.40';

/** What one connection has sent and not yet been answered. */
export interface TextSession {
  pending: string;
}

/** What the text protocol needs to know of the process. */
export interface TextContext {
  store: MemcachedStore;
  nowMs: number;
  startedMs: number;
  pid: number;
  connections: number;
  totalConnections: number;
  threads: number;
}

/** Answers raw bytes of the text protocol; incomplete commands wait in the session. `close` follows `quit`. */
export function handleText(session: TextSession, data: string, context: TextContext): { out: string; close: boolean } {
  session.pending += data;
  let out = '';
  for (;;) {
    const end = session.pending.indexOf('\n');
    if (end < 0) return { out, close: false };
    const line = session.pending.slice(0, end).replace(/\r$/, '');
    const words = line.split(' ').filter((w) => w !== '');
    const rest = session.pending.slice(end + 1);
    if (STORE_COMMANDS.has(words[0] ?? '')) {
      const length = Number(words[4]);
      if (words.length < 5 || !Number.isInteger(length) || length < 0) {
        out += words.length < 5 ? 'ERROR\r\n' : 'CLIENT_ERROR bad command line format\r\n';
        session.pending = rest;
        continue;
      }
      const after = /^\r?\n/.exec(rest.slice(length));
      if (rest.length < length || !after) {
        if (rest.length < length + 2) return { out, close: false };
        out += 'CLIENT_ERROR bad data chunk\r\n';
        session.pending = rest.slice(length);
        continue;
      }
      session.pending = rest.slice(length + after[0].length);
      out += quiet(words, store(words, rest.slice(0, length), context));
      continue;
    }
    session.pending = rest;
    if (words[0] === 'quit') return { out, close: true };
    out += quiet(words, single(words, context));
  }
}

const STORE_COMMANDS = new Set(['set', 'add', 'replace']);

function quiet(words: readonly string[], answer: string): string {
  return words[words.length - 1] === 'noreply' ? '' : answer;
}

function store(words: readonly string[], value: string, { store: cache, nowMs }: TextContext): string {
  const [cmd, key, flags, exptime] = words as [string, string, string, string];
  const command = { cmd: cmd as 'set', key, value, flags: Number(flags), exptime: Number(exptime) };
  return `${cache.run(command, nowMs).status}\r\n`;
}

function single(words: readonly string[], context: TextContext): string {
  const { store: cache, nowMs } = context;
  const [cmd = '', key = ''] = words;
  switch (cmd) {
    case 'get':
    case 'gets': {
      if (words.length < 2) return 'ERROR\r\n';
      const keys = words.slice(1);
      const values = cache.run({ cmd: 'get', keys }, nowMs).values as ReadonlyMap<string, string>;
      let out = '';
      for (const k of keys) {
        const value = values.get(k);
        const cas = cmd === 'gets' ? ' 1' : '';
        if (value !== undefined)
          out += `VALUE ${k} ${cache.items.get(k)?.flags ?? 0} ${value.length}${cas}\r\n${value}\r\n`;
      }
      return `${out}END\r\n`;
    }
    case 'delete':
      return key === '' ? 'ERROR\r\n' : `${cache.run({ cmd: 'delete', key }, nowMs).status}\r\n`;
    case 'flush_all':
      return `${cache.run({ cmd: 'flush_all' }, nowMs).status}\r\n`;
    case 'version':
      return `VERSION ${VERSION}\r\n`;
    case 'stats':
      return stats(key, context);
    case 'verbosity':
      return 'OK\r\n';
    default:
      return 'ERROR\r\n';
  }
}

function stats(which: string, context: TextContext): string {
  const { store: cache, nowMs } = context;
  if (which === 'items' || which === 'slabs') {
    const head = cache.items.size === 0 ? '' : `STAT items:1:number ${cache.items.size}\r\n`;
    return `${which === 'items' ? head : ''}END\r\n`;
  }
  if (which === 'cachedump') {
    const lines = [...cache.items].map(([k, item]) => `ITEM ${k} [${item.value.length} b; 0 s]\r\n`);
    return `${lines.join('')}END\r\n`;
  }
  if (which !== '') return which === 'reset' ? 'RESET\r\n' : 'END\r\n';
  const rows: [string, string | number][] = [
    ['pid', context.pid],
    ['uptime', Math.floor((nowMs - context.startedMs) / 1000)],
    ['time', Math.floor(nowMs / 1000)],
    ['version', VERSION],
    ['libevent', '2.1.12-stable'],
    ['pointer_size', 64],
    ['max_connections', 1024],
    ['curr_connections', context.connections + 1],
    ['total_connections', context.totalConnections + 1],
    ['cmd_get', cache.counters.cmd_get],
    ['cmd_set', cache.counters.cmd_set],
    ['cmd_flush', cache.counters.cmd_flush],
    ['get_hits', cache.counters.get_hits],
    ['get_misses', cache.counters.get_misses],
    ['delete_misses', cache.counters.delete_misses],
    ['delete_hits', cache.counters.delete_hits],
    ['limit_maxbytes', cache.limitBytes],
    ['threads', context.threads],
    ['bytes', cache.bytes],
    ['curr_items', cache.items.size],
    ['total_items', cache.counters.total_items],
    ['evictions', cache.counters.evictions],
  ];
  return `${rows.map(([k, v]) => `STAT ${k} ${v}\r\n`).join('')}END\r\n`;
}
