import { isAddress } from '../../net/dns.ts';
import { NetError } from '../../net/net.ts';
import type { Os, SignalName } from '../../process/os.ts';
import type { Task } from '../../process/task.ts';
import { FsError } from '../../process/vfs.ts';
import { subcommand } from './command.ts';
import { dialText, durationMs, endsAsGo, forever, klog } from './go.ts';

/** Waits for a signal, and says with which it was ended. */
export const pause = subcommand({
  flags: {},
  *run(os) {
    os.stdout.write('Paused\nSignals registered\n');
    const end = (signal: SignalName, text: string, code: number): void =>
      os.on(signal, () => {
        const message = `exiting because of signal "${text}"\n`;
        try {
          os.fs.write(os.env['TERMINATION_MESSAGE_PATH'] || '/dev/termination-log', message);
        } catch (error) {
          if (!(error instanceof FsError)) throw error;
        }
        os.stdout.write(message);
        os.exit(code);
      });
    end('SIGINT', 'interrupt', 1);
    end('SIGTERM', 'terminated', 2);
    return yield* forever(os);
  },
});

export const entrypointTester = subcommand({
  flags: {},
  *run(os) {
    os.stdout.write(`[${os.argv.join(' ')}]\n`);
    return 0;
  },
});

const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** Lines as of an access log, evenly over a time. */
export const logsGenerator = subcommand({
  flags: { 'log-lines-total': 0, 'run-duration': '0s' },
  short: { t: 'log-lines-total', d: 'run-duration' },
  *run(os, flags) {
    endsAsGo(os);
    const total = flags['log-lines-total'];
    const runMs = durationMs(flags['run-duration']);
    const place = (line: number): string => `logs_generator.go:${line}`;
    if (total <= 0) return fatal(os, place(65), `Invalid total number of lines: ${total}`);
    if (!runMs || runMs <= 0) return fatal(os, place(69), `Invalid duration: ${flags['run-duration']}`);
    const { rng } = os;
    for (let id = 0; id < total; id++) {
      const name = Array.from({ length: 3 + rng.int(2) }, () => rng.pick([...ALPHABET])).join('');
      const url = `/api/v1/namespaces/${rng.pick(['kube-system', 'default', 'ns'])}/pods/${name}`;
      const method = rng.pick(['GET', 'POST', 'PUT']);
      klog(os, os.main, 'I', place(77), `${id} ${method} ${url} ${200 + rng.int(400)}`);
      yield* os.main.sleep(runMs / total);
    }
    return 0;
  },
});

function fatal(os: Os, place: string, text: string): number {
  klog(os, os.main, 'F', place, text);
  return 255;
}

function resolvLine(os: Os, word: string): string[] | undefined {
  const line = os.fs
    .read('/etc/resolv.conf')
    .split('\n')
    .find((one) => one.startsWith(word));
  return line?.split(' ').slice(1);
}

const dnsList = (word: string) =>
  subcommand({
    flags: {},
    *run(os) {
      const list = resolvLine(os, word);
      if (list === undefined) {
        os.stderr.write('panic: Could not find DNS search list!\n');
        return 2;
      }
      os.stdout.write(`${list.join(',')}\n`);
      return 0;
    },
  });

export const dnsSuffix = dnsList('search');
export const dnsServerList = dnsList('nameserver');

export const etcHosts = subcommand({
  flags: {},
  *run(os) {
    os.stdout.write(`${os.fs.read('/etc/hosts')}\n`);
    return 0;
  },
});

/** Tries a connection and says in one word why there is none. */
export const connect = subcommand({
  flags: { timeout: '0s', protocol: 'tcp', 'udp-data': 'hostname', 'sctp-data': 'hostname' },
  *run(os, flags, args) {
    const failed = (text: string): number => {
      os.stderr.write(`${text}\n`);
      return 1;
    };
    const [dest = ''] = args;
    if (args.length !== 1) return failed(`Error: accepts 1 arg(s), received ${args.length}`);
    if (flags.protocol !== 'tcp' && flags.protocol !== 'udp') return failed(`Unsupported protocol\n${flags.protocol}`);
    const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(dest) ?? [];
    if (port === '') return failed(`UNKNOWN: address ${dest}: missing port in address`);
    const timeoutMs = durationMs(flags.timeout) || undefined;
    try {
      const ip = isAddress(host) ? host : ((yield* os.resolve(os.main, host))[0] as string);
      const conn = yield* os.dial(os.main, ip, Number(port), { transport: flags.protocol, timeoutMs });
      if (flags.protocol === 'udp')
        yield* conn.request(os.main, { proto: 'raw', kind: 'request', data: `${flags['udp-data']}\n` }, { timeoutMs });
      conn.close();
      return 0;
    } catch (error) {
      if (!(error instanceof NetError)) throw error;
      const why = dialText(error, flags.protocol, host, Number(port));
      if (error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN') return failed(`DNS: ${why}`);
      if (error.code === 'ETIMEDOUT') return failed('TIMEOUT');
      return failed(error.code === 'ECONNREFUSED' ? 'REFUSED' : `OTHER: ${why}`);
    }
  },
});

const NEW_CONTENT = 'mount-tester new file\n';
const READ_AGAIN_MS = 2_000;

/** Says of files what they hold, whose they are and what kind of file system they are on; makes new ones. */
export const mounttest = subcommand({
  flags: {
    fs_type: '',
    new_file_0644: '',
    new_file_0666: '',
    new_file_0660: '',
    new_file_0777: '',
    file_mode: '',
    file_perm: '',
    file_owner: '',
    file_content: '',
    file_content_in_loop: '',
    retry_time: 180,
    break_on_expected_content: true,
  },
  *run(os, flags) {
    let failures = 0;
    const attempt = (path: string, why: (path: string) => string, body: (path: string) => void): boolean => {
      if (path === '') return true;
      try {
        body(path);
        return true;
      } catch (error) {
        if (!(error instanceof FsError)) throw error;
        os.stdout.write(`${why(path)}: ${errno(error)}\n`);
        failures++;
        return false;
      }
    };
    const say = (text: string): void => os.stdout.write(`${text}\n`);
    const read = (file: string): boolean =>
      attempt(
        file,
        (path) => `error reading file content for "${path}": open ${path}`,
        (path) => say(`content of file "${path}": ${os.fs.read(path)}`),
      );
    attempt(
      flags.fs_type,
      (path) => `error from statfs("${path}")`,
      (path) => say(`mount type of "${path}": ${fsType(os, path)}`),
    );
    for (const mode of ['0644', '0666', '0660', '0777'] as const) {
      const file = flags[`new_file_${mode}`];
      const why = (path: string): string => `error writing new file "${path}": open ${path}`;
      if (attempt(file, why, (path) => os.fs.write(path, NEW_CONTENT, { mode: Number.parseInt(mode, 8) }))) read(file);
    }
    const stat = (path: string): string => `error from Stat("${path}"): stat ${path}`;
    attempt(flags.file_mode, stat, (path) => say(`mode of file "${path}": ${modeText(os, path)}`));
    attempt(flags.file_perm, stat, (path) => say(`perms of file "${path}": -${permissions(os.fs.stat(path).mode)}`));
    attempt(
      flags.file_owner,
      (path) => `error from stat("${path}")`,
      (path) => {
        const { uid, gid } = os.fs.stat(path);
        say(`owner UID of "${path}": ${uid}\nowner GID of "${path}": ${gid}`);
      },
    );
    read(flags.file_content);
    if (flags.file_content_in_loop !== '') failures += yield* readInLoop(os, flags);
    return failures > 0 ? 1 : 0;
  },
});

function* readInLoop(
  os: Os,
  flags: { file_content_in_loop: string; retry_time: number; break_on_expected_content: boolean },
): Task<number> {
  const path = flags.file_content_in_loop;
  const startMs = os.main.nowMs;
  let failed = 0;
  for (; os.main.nowMs - startMs < flags.retry_time * 1000; yield* os.main.sleep(READ_AGAIN_MS)) {
    try {
      const content = os.fs.read(path);
      failed = 0;
      os.stdout.write(`content of file "${path}": ${content}\n`);
      if (!flags.break_on_expected_content) continue;
      if (content === NEW_CONTENT) break;
      os.stdout.write(`Unexpected content. Expected: ${NEW_CONTENT}. Retrying\n`);
    } catch (error) {
      if (!(error instanceof FsError)) throw error;
      failed = 1;
      os.stdout.write(`Error reading file ${path}: open ${path}: ${errno(error)}, retrying\n`);
    }
  }
  return failed;
}

function errno({ code }: FsError): string {
  const texts: Partial<Record<FsError['code'], string>> = {
    ENOENT: 'no such file or directory',
    EACCES: 'permission denied',
    EROFS: 'read-only file system',
    EISDIR: 'is a directory',
    ENOTDIR: 'not a directory',
    EPERM: 'operation not permitted',
    ENOSPC: 'no space left on device',
  };
  return texts[code] ?? code;
}

/** statfs(2)'s magic number of ext4. */
const EXT4_MAGIC = 61267;

function fsType(os: Os, path: string): string {
  os.fs.stat(path);
  const mounts = os.fs.read('/proc/mounts').trim().split('\n');
  const rows = mounts
    .map((line) => line.split(' '))
    .filter(([, at = '']) => at === '/' || `${path}/`.startsWith(`${at}/`));
  const longest = rows.sort(([, a = ''], [, b = '']) => b.length - a.length)[0];
  return longest?.[2] === 'tmpfs' ? 'tmpfs' : String(EXT4_MAGIC);
}

/** `rwxr-x---` */
function permissions(mode: number): string {
  return [...'rwxrwxrwx'].map((letter, i) => (mode & (1 << (8 - i)) ? letter : '-')).join('');
}

/** Go's FileMode: `drwxr-xr-x`, `dgtrwxrwxrwx`, `-rw-r--r--`. */
function modeText(os: Os, path: string): string {
  const { type, mode } = os.fs.stat(path);
  const letters = `${type === 'dir' ? 'd' : ''}${mode & 0o4000 ? 'u' : ''}${mode & 0o2000 ? 'g' : ''}${mode & 0o1000 ? 't' : ''}`;
  return `${letters || '-'}${permissions(mode)}`;
}
