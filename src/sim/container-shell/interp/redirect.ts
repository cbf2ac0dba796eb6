import { NetError } from '../../net/net.ts';
import type { Task } from '../../process/task.ts';
import { FsError } from '../../process/vfs.ts';
import { device, isEndless } from '../bytes/sources.ts';
import { errnoText } from '../command.ts';
import { Input } from '../streams.ts';
import type { Redirection } from './ast.ts';
import { expandSingle } from './expand.ts';
import { type Fd, type Shell, ShellError } from './shell.ts';
import { substitutionPipe } from './substitution.ts';

/** Applies redirections to the shell's descriptors; the caller keeps the old table. Throws ShellError (not fatal). */
export function* redirect(sh: Shell, redirections: readonly Redirection[]): Task<void> {
  for (const redirection of redirections) {
    const { operator, target } = redirection;
    if (target.type === 'HereDoc') {
      const text = yield* expandSingle(sh, target.content);
      sh.fds.set(redirection.fd ?? 0, { input: Input.text(target.stripTabs ? text.replace(/^\t+/gm, '') : text) });
      continue;
    }
    const [part] = target.parts;
    if (part?.type === 'ProcessSubstitution' && target.parts.length === 1 && sh.flavor === 'bash') {
      sh.fds.set(redirection.fd ?? (operator.startsWith('<') ? 0 : 1), substitutionPipe(sh, part));
      continue;
    }
    const name = yield* expandSingle(sh, target);
    if (redirection.fdVariable !== undefined) {
      const free = Math.max(9, ...sh.fds.keys()) + 1;
      sh.set(redirection.fdVariable, String(free));
      sh.fds.set(free, yield* open(sh, name, operator));
      continue;
    }
    const fd = redirection.fd ?? (operator.startsWith('<') ? 0 : 1);
    if (operator === '<<<') sh.fds.set(fd, { input: Input.text(`${name}\n`) });
    else if ((operator === '>&' || operator === '<&') && /^(\d+|-)$/.test(name)) duplicate(sh, fd, name);
    else if (operator === '&>' || operator === '&>>' || operator === '>&') {
      const file = yield* open(sh, name, operator === '&>>' ? '>>' : '>');
      sh.fds.set(1, file);
      sh.fds.set(2, file);
    } else sh.fds.set(fd, yield* open(sh, name, operator));
  }
}

function duplicate(sh: Shell, fd: number, name: string): void {
  if (name === '-') {
    sh.fds.delete(fd);
    return;
  }
  const source = sh.fds.get(Number(name));
  if (!source) {
    const text = sh.flavor === 'bash' ? `${name}: Bad file descriptor` : `dup2(${name},${fd}): Bad file descriptor`;
    throw new ShellError(
      sh.flavor === 'dash' ? `${name}: Bad file descriptor` : text,
      sh.flavor === 'dash' ? 2 : 1,
      false,
    );
  }
  sh.fds.set(fd, source);
}

const STANDARD: Record<string, number> = { '/dev/stdin': 0, '/dev/stdout': 1, '/dev/stderr': 2 };

function* open(sh: Shell, name: string, operator: string): Task<Fd> {
  const path = sh.path(name);
  const standard = STANDARD[path] ?? (/^\/dev\/fd\/(\d+)$/.exec(path) ? Number(path.slice(8)) : undefined);
  if (standard !== undefined && sh.fds.has(standard)) return sh.fds.get(standard) as Fd;
  if (path === '/dev/null') return { input: Input.text(''), output: { write() {}, close() {} } };
  const socket = sh.flavor === 'bash' ? /^\/dev\/(tcp|udp)\/([^/]+)\/(\d+)$/.exec(path) : undefined;
  if (socket) return yield* openSocket(sh, name, socket[1] as 'tcp' | 'udp', socket[2] as string, Number(socket[3]));
  const { fs } = sh.os;
  const reading = operator === '<';
  try {
    if (fs.exists(path) && fs.stat(path).type === 'dir' && !reading) throw new FsError('EISDIR', path);
    if (reading) return { input: isEndless(path) ? device(sh.os, path) : Input.text(fs.read(path)) };
    if (operator === '>' && sh.options.has('C') && fs.exists(path))
      throw new ShellError(`${name}: cannot overwrite existing file`, 1, false);
    if (operator === '>>' || operator === '<>') {
      fs.write(path, '', { append: true });
    } else fs.write(path, '');
  } catch (error) {
    if (!(error instanceof FsError)) throw error;
    throw new ShellError(openText(sh, name, error, reading), sh.flavor === 'dash' ? 2 : 1, false);
  }
  const output = { write: (text: string) => fs.write(path, text, { append: true }), close() {} };
  return operator === '<>' ? { input: Input.text(fs.read(path)), output } : { output };
}

function openText(sh: Shell, name: string, error: FsError, reading: boolean): string {
  if (sh.flavor === 'bash') return `${name}: ${errnoText(error)}`;
  const missing = error.code === 'ENOENT' || error.code === 'ENOTDIR';
  if (sh.flavor === 'dash') {
    const text = missing ? (reading ? 'No such file' : 'Directory nonexistent') : errnoText(error);
    return `cannot ${reading ? 'open' : 'create'} ${name}: ${text}`;
  }
  const text = missing ? (reading ? 'no such file' : 'nonexistent directory') : errnoText(error);
  return `can't ${reading ? 'open' : 'create'} ${name}: ${text}`;
}

const CONNECT_TEXT: Record<string, string> = {
  ECONNREFUSED: 'Connection refused',
  ETIMEDOUT: 'Connection timed out',
  EHOSTUNREACH: 'No route to host',
};

/** Bash's `/dev/tcp/host/port`: what is written is sent, the answers can be read. */
function* openSocket(sh: Shell, name: string, transport: 'tcp' | 'udp', host: string, port: number): Task<Fd> {
  try {
    sh.rested();
    const conn = yield* sh.os.dial(sh.th, host, port, { transport });
    let pending = '';
    return {
      output: {
        write: (text) => {
          pending += text;
        },
        close: () => conn.close(),
      },
      input: new Input({
        *read(th) {
          if (pending === '' || !conn.isOpen) return undefined;
          const data = pending;
          pending = '';
          try {
            const answer = yield* conn.request(th, { proto: 'raw', kind: 'request', data });
            return answer.proto === 'raw' ? answer.data : undefined;
          } catch (error) {
            // the peer closed without an answer: the end of what can be read
            if (error instanceof NetError) return undefined;
            throw error;
          }
        },
      }),
    };
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    if (error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN') {
      const text = error.code === 'ENOTFOUND' ? 'Name or service not known' : 'Temporary failure in name resolution';
      sh.complain(`${host}: ${text}`);
      throw new ShellError(`${name}: Invalid argument`, 1, false);
    }
    const text = CONNECT_TEXT[error.code] ?? error.code;
    sh.complain(`connect: ${text}`);
    throw new ShellError(`${name}: ${text}`, 1, false);
  }
}
