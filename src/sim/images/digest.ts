import { createHash } from 'node:crypto';

/** A stable stand-in for an image's content digest. */
export function digestOf(repository: string): string {
  return `sha256:${createHash('sha256').update(repository).digest('hex')}`;
}
