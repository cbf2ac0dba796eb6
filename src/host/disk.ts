import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Disk } from '../session/disk-store.ts';

/** The real disk. Appends and writes are synced before they return: a killed process loses nothing it has answered for. */
export const disk: Disk = {
  append(path, text) {
    write(path, text, 'a');
  },
  write(path, text) {
    const temporary = `${path}.${process.pid}.tmp`;
    write(temporary, text, 'w');
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
  alive(pid) {
    try {
      process.kill(pid, 0);
      return true;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'EPERM';
    }
  },
};

function write(path: string, text: string, flag: 'a' | 'w'): void {
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, flag);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
