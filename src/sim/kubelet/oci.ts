import type { Prng } from '../../core/prng.ts';
import type { SpawnError } from '../process/os.ts';

/** runc's words for a command that cannot be executed (runc 1.1, measured). */
function execReason(error: SpawnError): string {
  const { command, code } = error;
  if (code !== 'ENOENT') return `exec: "${command}": permission denied: unknown`;
  if (command.includes('/')) return `exec: "${command}": stat ${command}: no such file or directory: unknown`;
  return `exec: "${command}": executable file not found in $PATH: unknown`;
}

/** Why process 1 could not start: the message of StartError. */
export function startFailure(error: SpawnError): string {
  return (
    'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: ' +
    `unable to start container process: ${error.code === 'ENOTDIR' ? notADirectory(error) : execReason(error)}`
  );
}

/** The working directory cannot be made. */
function notADirectory({ command }: SpawnError): string {
  return `error during container init: mkdir ${command}: not a directory: unknown`;
}

/** Why `exec` could not start its command. */
export function execFailure(error: SpawnError, execId: string): string {
  return (
    `failed to exec in container: failed to start exec "${execId}": OCI runtime exec failed: exec failed: ` +
    `unable to start container process: ${execReason(error)}`
  );
}

/** 64 hex digits, as containerd names containers and execs. */
export function randomExecId(rng: Prng): string {
  return rng.hex(64);
}
