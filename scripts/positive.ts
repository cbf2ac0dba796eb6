import { InvalidArgumentError } from 'commander';

/** A script's option that is a number above 0. */
export function positive(text: string): number {
  const number = Number(text);
  if (!(number > 0)) throw new InvalidArgumentError('it must be a number above 0');
  return number;
}
