/** Decoded commands of memcached's text protocol, as `DataMessage.data` of proto `memcached` (op `command`). */
export type MemcachedCommand =
  | { cmd: 'get'; keys: readonly string[] }
  | { cmd: 'set' | 'add' | 'replace'; key: string; value: string; flags?: number; exptime?: number }
  | { cmd: 'delete'; key: string }
  | { cmd: 'flush_all' };

/** Answers: `values` for get (only the keys found), `status` for all else (`STORED`, `DELETED`, `NOT_FOUND` …). */
export interface MemcachedReply {
  status: string;
  values?: ReadonlyMap<string, string>;
}
