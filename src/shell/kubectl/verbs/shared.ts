import type { Call } from '../context.ts';
import { KubectlError } from '../errors.ts';
import type { FlagSpec } from '../flags.ts';

export const fileFlags: FlagSpec[] = [
  { name: 'filename', short: 'f', type: 'strings', help: 'File, directory or - with the manifests' },
  { name: 'kustomize', short: 'k', type: 'string', help: 'Not supported here' },
  { name: 'recursive', short: 'R', type: 'bool', help: 'Follow directories' },
];

export const selectorFlags: FlagSpec[] = [
  { name: 'selector', short: 'l', type: 'string', help: 'Label selector' },
  { name: 'field-selector', type: 'string', help: 'Field selector' },
];

export const chunkFlag: FlagSpec = { name: 'chunk-size', type: 'int', default: '500', help: 'Items per list request' };

export const allFlag: FlagSpec = { name: 'all', type: 'bool', help: 'All resources of the types' };

export const dryRunFlag: FlagSpec = {
  name: 'dry-run',
  type: 'string',
  default: 'none',
  bare: 'unchanged',
  help: 'none, client or server',
};

export const fieldManagerFlag = (manager: string): FlagSpec => ({
  name: 'field-manager',
  type: 'string',
  default: manager,
  help: 'Name of the manager of the fields',
});

export const validateFlag: FlagSpec = {
  name: 'validate',
  type: 'string',
  default: 'strict',
  bare: 'strict',
  help: 'strict, warn or ignore',
};

/** `none`, `client` or `server`; the old bare spelling is refused as kubectl refuses it. */
export function dryRunOf(call: Call): 'none' | 'client' | 'server' {
  const value = call.flags.str('dry-run');
  if (value === 'none' || value === 'client' || value === 'server') return value;
  if (value === 'unchanged' || value === 'true' || value === 'false')
    throw new KubectlError(`Invalid dry-run value (${value}). Must be "none", "server", or "client".`);
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
  if (!found) throw new KubectlError(`invalid - validate option ${JSON.stringify(value)}`);
  return found;
}
