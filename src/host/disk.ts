import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { Disk } from '../session/disk-store.ts';
import type { ProcessId } from '../session/store.ts';

/** The real disk. Lines are with the system when they are written: a killed process loses nothing it has answered for. */
export const disk: Disk = {
  append(path, text, { sync } = { sync: false }) {
    write(path, text, 'a', sync);
  },
  write(path, text) {
    const temporary = `${path}.${process.pid}.tmp`;
    write(temporary, text, 'w', true);
    renameSync(temporary, path);
  },
  read(path) {
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  },
  list(path) {
    try {
      return readdirSync(path).sort();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  },
  remove(path) {
    rmSync(path, { force: true });
  },
  alive({ pid, started }) {
    try {
      process.kill(pid, 0);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
    }
    const startedNow = startOf(pid);
    return started === undefined || startedNow === undefined || started === startedNow;
  },
};

/** This process, as other processes will recognise it. */
export const thisProcess: ProcessId = { pid: process.pid, started: startOf(process.pid) };

/** When a process was started: boot and tick, where the system has /proc. For this process itself always known. */
function startOf(pid: number): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // proc(5): the second field is in parentheses and may hold blanks; the start time is field 22.
    return `${boot}/${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`;
  } catch {
    return pid === process.pid ? String(performance.timeOrigin) : undefined;
  }
}

function write(path: string, text: string, flag: 'a' | 'w', sync: boolean): void {
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, flag);
  try {
    writeSync(file, text);
    if (sync) fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
