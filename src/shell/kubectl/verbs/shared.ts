import type { Call } from '../context.ts';
import { KubectlError } from '../errors.ts';
import type { FlagSpec } from '../flags.ts';
import { logLine } from '../log.ts';

export const fileFlags: FlagSpec[] = [
  { name: 'filename', short: 'f', type: 'strings' },
  { name: 'kustomize', short: 'k', type: 'string' },
  { name: 'recursive', short: 'R', type: 'bool' },
];

export const selectorFlags: FlagSpec[] = [
  { name: 'selector', short: 'l', type: 'string' },
  { name: 'field-selector', type: 'string' },
];

export const chunkFlag: FlagSpec = { name: 'chunk-size', type: 'int', default: '500' };

export const allFlag: FlagSpec = { name: 'all', type: 'bool' };

export const dryRunFlag: FlagSpec = {
  name: 'dry-run',
  type: 'string',
  default: 'none',
  bare: 'unchanged',
};

export const fieldManagerFlag = (manager: string): FlagSpec => ({
  name: 'field-manager',
  type: 'string',
  default: manager,
});

export const validateFlag: FlagSpec = {
  name: 'validate',
  type: 'string',
  default: 'strict',
  bare: 'strict',
};

/** `none`, `client` or `server`; the old bare spelling is refused as kubectl refuses it. */
export function dryRunOf(call: Call): 'none' | 'client' | 'server' {
  const value = call.flags.str('dry-run');
  if (value === 'none' || value === 'client' || value === 'server') return value;
  if (value === 'unchanged') {
    call.err(
      `${logLine('W', call.time.now())} helpers.go:719] --dry-run is deprecated and can be replaced with --dry-run=client.\n`,
    );
    call.flags.set('dry-run', 'client');
    return 'client';
  }
  throw new KubectlError(`Invalid dry-run value (${value}). Must be "none", "server", or "client".`);
}

/** Query of a write: who writes, dry run, strictness. */
export function writeQuery(call: Call, manager = call.flags.str('field-manager')): Record<string, string | undefined> {
  return {
    fieldManager: manager || undefined,
    dryRun: call.flags.has('dry-run') && dryRunOf(call) === 'server' ? 'All' : undefined,
    fieldValidation: call.flags.has('validate') ? validation(call) : undefined,
  };
}

function validation(call: Call): string {
  const value = call.flags.str('validate');
  const known: Record<string, string> = {
    strict: 'Strict',
    true: 'Strict',
    warn: 'Warn',
    ignore: 'Ignore',
    false: 'Ignore',
  };
  const found = known[value];
  if (!found)
    throw new KubectlError(
      `invalid - validate option ${JSON.stringify(value)}; must be one of: strict (or true), warn, ignore (or false)`,
    );
  return found;
}
