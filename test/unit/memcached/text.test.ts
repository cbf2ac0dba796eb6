import { expect, it } from 'vitest';
import { MemcachedStore } from '../../../src/sim/images/memcached/store.ts';
import { handleText } from '../../../src/sim/images/memcached/text.ts';

const context = (store: MemcachedStore, nowMs = 1_000_000) => ({
  store,
  nowMs,
  startedMs: 0,
  pid: 1,
  connections: 1,
  totalConnections: 1,
  threads: 4,
});

it('speaks the text protocol in pieces', () => {
  const store = new MemcachedStore(1 << 20);
  const session = { pending: '' };
  const say = (data: string, nowMs?: number) => handleText(session, data, context(store, nowMs)).out;
  expect(say('set a 7 0 5\r\nhel')).toBe('');
  expect(say('lo\r\nget a b\r\n')).toBe('STORED\r\nVALUE a 7 5\r\nhello\r\nEND\r\n');
  expect(say('add a 0 0 1\r\nx\r\n')).toBe('NOT_STORED\r\n');
  expect(say('set t 0 10 1\r\nx\r\nget t\r\n')).toBe('STORED\r\nVALUE t 0 1\r\nx\r\nEND\r\n');
  expect(say('get t\r\n', 1_011_000)).toBe('END\r\n');
  expect(say('delete a\r\ndelete a\r\n')).toBe('DELETED\r\nNOT_FOUND\r\n');
  expect(say('nonsense\r\nversion\r\n')).toBe('ERROR\r\nVERSION 1.6.40\r\n');
  expect(say('stats\r\n')).toContain('STAT get_hits 2\r\n');
  expect(say('flush_all\r\n')).toBe('OK\r\n');
  expect(handleText(session, 'quit\r\n', context(store))).toEqual({ out: '', close: true });
});
