import type { MemcachedCommand, MemcachedReply } from './protocol.ts';

interface Item {
  value: string;
  flags: number;
  /** Epoch ms; Infinity for never. */
  expiresMs: number;
}

const RELATIVE_EXPTIME_MAX_S = 30 * 24 * 3600;

/** The cache itself: items by key, oldest first, and the counters that `stats` shows. */
export class MemcachedStore {
  readonly items = new Map<string, Item>();
  readonly counters = {
    cmd_get: 0,
    cmd_set: 0,
    cmd_flush: 0,
    get_hits: 0,
    get_misses: 0,
    delete_hits: 0,
    delete_misses: 0,
    evictions: 0,
    total_items: 0,
  };
  bytes = 0;

  constructor(readonly limitBytes: number) {}

  run(command: MemcachedCommand, nowMs: number): MemcachedReply {
    switch (command.cmd) {
      case 'get':
        return { status: 'END', values: this.#get(command.keys, nowMs) };
      case 'set':
      case 'add':
      case 'replace':
        return { status: this.#set(command, nowMs) };
      case 'delete':
        if (this.remove(command.key)) {
          this.counters.delete_hits++;
          return { status: 'DELETED' };
        }
        this.counters.delete_misses++;
        return { status: 'NOT_FOUND' };
      case 'flush_all':
        this.counters.cmd_flush++;
        this.items.clear();
        this.bytes = 0;
        return { status: 'OK' };
    }
  }

  remove(key: string): boolean {
    const item = this.items.get(key);
    if (!item) return false;
    this.items.delete(key);
    this.bytes -= size(key, item.value);
    return true;
  }

  lookup(key: string, nowMs: number): Item | undefined {
    const item = this.items.get(key);
    if (item && item.expiresMs <= nowMs) {
      this.remove(key);
      return undefined;
    }
    return item;
  }

  #get(keys: readonly string[], nowMs: number): ReadonlyMap<string, string> {
    const values = new Map<string, string>();
    this.counters.cmd_get += keys.length;
    for (const key of keys) {
      const item = this.lookup(key, nowMs);
      if (item) {
        this.counters.get_hits++;
        values.set(key, item.value);
      } else this.counters.get_misses++;
    }
    return values;
  }

  #set(command: { cmd: string; key: string; value: string; flags?: number; exptime?: number }, nowMs: number): string {
    this.counters.cmd_set++;
    const old = this.lookup(command.key, nowMs);
    if ((command.cmd === 'add' && old) || (command.cmd === 'replace' && !old)) return 'NOT_STORED';
    this.remove(command.key);
    this.items.set(command.key, {
      value: command.value,
      flags: command.flags ?? 0,
      expiresMs: expiry(command.exptime ?? 0, nowMs),
    });
    this.counters.total_items++;
    this.bytes += size(command.key, command.value);
    for (const key of this.items.keys()) {
      if (this.bytes <= this.limitBytes) break;
      this.remove(key);
      this.counters.evictions++;
    }
    return 'STORED';
  }
}

function size(key: string, value: string): number {
  return key.length + value.length + 56;
}

/** 0 = never, negative = at once, up to 30 days relative, above that seconds since the epoch. */
function expiry(exptime: number, nowMs: number): number {
  if (exptime === 0) return Number.POSITIVE_INFINITY;
  if (exptime < 0) return nowMs;
  return exptime <= RELATIVE_EXPTIME_MAX_S ? nowMs + exptime * 1000 : exptime * 1000;
}
