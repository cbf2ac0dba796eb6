import { createRequire } from 'node:module';
import type { Logger } from '../core/log.ts';

/**
 * Writes JSON lines to stderr, from `level` (one of pino's names; `warn` unless given) on. Most runs have nothing to say: unless a
 * level is asked for, which may be a wrong one, the writer is made with the first line.
 */
export function stderrLogger(level: string | undefined): Logger {
  let made: Logger | undefined;
  const make = (): Logger => {
    const pino = createRequire(import.meta.url)('pino') as typeof import('pino').default;
    return pino({ level: level ?? 'warn' }, pino.destination(2));
  };
  if (level !== undefined) made = make();
  const writer = (): Logger => (made ??= make());
  return {
    debug: (fields, message) => made?.debug(fields, message),
    info: (fields, message) => made?.info(fields, message),
    warn: (fields, message) => writer().warn(fields, message),
    error: (fields, message) => writer().error(fields, message),
  };
}
