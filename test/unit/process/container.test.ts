import { describe, expect, it } from 'vitest';
import type { ImageDef } from '../../../src/sim/images/image.ts';
import type { NetNamespace } from '../../../src/sim/net/net.ts';
import { Container } from '../../../src/sim/process/container.ts';
import { dirNode, fileNode } from '../../../src/sim/process/memory-fs.ts';
import { type Os, type Program, SpawnError } from '../../../src/sim/process/os.ts';
import { Pipe, TextSink } from '../../../src/sim/process/pipe.ts';
import type { FsError } from '../../../src/sim/process/vfs.ts';
import { World } from '../../../src/sim/world.ts';
import { FakeNetwork } from '../kubelet/fakes.ts';

const ns: NetNamespace = {
  ip: '10.244.1.2',
  nodeName: 'n',
  dns: { nameservers: [], searches: [], ndots: 5 },
  hosts: new Map(),
};

const wait: Program = function* (os) {
  yield* os.main.sleep(1e9);
  return 0;
};

/** Runs `main` as process 1 of a container with these further programs. */
function start(
  main: Program,
  options: { programs?: Record<string, Program>; memoryBytes?: number; uid?: number } = {},
) {
  const world = new World({ seed: 'process' });
  const image: ImageDef = {
    repository: 'docker.io/library/t',
    tags: ['1'],
    sizeBytes: 1,
    digest: 'sha256:0',
    config: {},
    files: { '/bin/script': { content: '#!/bin/echo -n\nbody\n', mode: 0o755 }, '/etc/data': 'data' },
    programs: { '/bin/main': main, '/bin/wait': wait, ...options.programs },
    links: { '/usr/bin': '/bin' },
  };
  const network = new FakeNetwork();
  const container = new Container({
    world,
    network,
    ns,
    image,
    hostname: 'h',
    streamName: 'test',
    env: { PATH: '/usr/bin' },
    workingDir: '/work',
    uid: options.uid ?? 0,
    limits: { memoryBytes: options.memoryBytes, cpuShares: 2, cpuQuotaUs: 50_000 },
    mounts: new Map([
      ['/etc/hosts', { root: fileNode({}, 'hosts') }],
      ['/ro', { root: dirNode({}), readOnly: true }],
    ]),
    machine: { memoryBytes: 2 ** 30, cpus: 2, bootMs: world.nowMs, kernel: '6.1' },
  });
  const out = new TextSink();
  container.start(['main'], { stdout: out, stderr: out });
  return { world, container, out, network };
}

describe('signals', () => {
  const cases: [string, Program, string | undefined][] = [
    ['process 1 ignores SIGTERM without a handler', wait, undefined],
    [
      'a handler may exit',
      function* (os: Os) {
        os.on('SIGTERM', () => os.exit(3));
        yield* os.main.sleep(1e9);
        return 0;
      },
      '{"code":3}',
    ],
    [
      'a runtime with handlers of its own ends',
      function* (os: Os) {
        os.endsOnSignal('SIGTERM', 143);
        yield* os.main.sleep(1e9);
        return 0;
      },
      '{"code":143}',
    ],
  ];
  it.each(cases)('%s', (_, program, status) => {
    const { container, world } = start(program);
    container.signal('SIGTERM');
    world.advance(1);
    expect(JSON.stringify(container.status)).toBe(status);
    container.signal('SIGKILL');
    expect(container.status?.code).toBe(status === undefined ? 137 : JSON.parse(status).code);
  });

  it('a child dies of SIGTERM with 143, and with process 1', () => {
    const { container } = start(wait);
    const a = container.exec(['wait']);
    const b = container.exec(['wait']);
    a.kill('SIGTERM');
    expect(a.status).toEqual({ code: 143, signal: 'SIGTERM' });
    container.signal('SIGKILL');
    expect(b.status).toEqual({ code: 137, signal: 'SIGKILL' });
    expect(container.processes()).toEqual([]);
  });
});

describe('memory', () => {
  it('the whole container is killed when it holds too much', () => {
    const greedy: Program = function* (os) {
      os.setMemory(60);
      yield* os.main.sleep(10);
      os.setMemory(200);
      os.stdout.write('never');
      return 0;
    };
    const { container, world, out } = start(greedy, { memoryBytes: 100 });
    world.advance(20);
    expect(container.status).toEqual({ code: 137, signal: 'SIGKILL', oomKilled: true });
    expect([container.cgroup.oomEvents, container.cgroup.memoryRssBytes, out.text]).toEqual([1, 0, '']);
  });
});

describe('processor', () => {
  it('time over the quota is throttled', () => {
    const busy: Program = function* (os) {
      os.useCpu(120_000);
      yield* os.main.sleep(1);
      return 0;
    };
    const { cgroup } = start(busy).container;
    expect([cgroup.cpuUsageUs, cgroup.periods, cgroup.throttledPeriods, cgroup.throttledUs]).toEqual([
      120_000, 3, 2, 100_000,
    ]);
  });
});

describe('starting programs', () => {
  it('finds them by PATH, through links, by script', () => {
    const echo: Program = function* (os) {
      os.stdout.write(os.argv.join(' '));
      yield* os.main.sync();
      return 0;
    };
    const { container } = start(wait, { programs: { '/bin/echo': echo } });
    const run = (...argv: string[]): string => {
      const sink = new TextSink();
      container.exec(argv, { stdout: sink });
      return sink.text;
    };
    expect(run('echo', 'a')).toBe('echo a');
    expect(run('/usr/bin/echo', 'b')).toBe('/usr/bin/echo b');
    expect(run('script', 'c')).toBe('/bin/echo -n /usr/bin/script c');
  });

  it.each([
    ['none', 'ENOENT'],
    ['/bin', 'EISDIR'],
    ['/etc/data', 'EACCES'],
  ])('%s: %s', (command, code) => {
    const { container } = start(wait);
    expect(() => container.exec([command])).toThrowError(new SpawnError(code as 'ENOENT', command));
  });

  it('pipes connect them', () => {
    const upper: Program = function* (os) {
      for (;;) {
        const text = yield* os.stdin.read(os.main);
        if (text === undefined) return 0;
        os.stdout.write(text.toUpperCase());
      }
    };
    const { container, world } = start(wait, { programs: { '/bin/upper': upper } });
    const stdin = new Pipe();
    const stdout = new TextSink();
    const child = container.exec(['upper'], { stdin, stdout });
    stdin.write('ab');
    world.advance(1);
    stdin.write('c');
    stdin.close();
    world.advance(1);
    expect([stdout.text, child.status]).toEqual(['ABC', { code: 0 }]);
  });
});

describe('files', () => {
  const code = (act: () => void): string => {
    try {
      act();
      return 'ok';
    } catch (error) {
      return (error as FsError).code;
    }
  };

  it('writes stay in the container, errors are errno', () => {
    let fs: Os['fs'] | undefined;
    const main: Program = function* (os) {
      fs = os.fs;
      os.fs.write('/etc/data', 'mine');
      os.fs.write('/dev/stdout', 'said');
      os.fs.write('/tmp/a', '1');
      os.fs.write('/tmp/a', '2', { append: true });
      os.fs.rename('/tmp/a', '/work/b');
      os.fs.symlink('b', '/work/l');
      yield* os.main.sleep(1e9);
      return 0;
    };
    const { out } = start(main);
    const other = start(wait).container;
    const sink = new TextSink();
    expect(other.fs.find('/etc/data', 0)?.node.content).toBe('data');
    expect(fs?.read('/work/l')).toBe('12');
    expect(fs?.readlink('/work/l')).toBe('b');
    expect(fs?.list('/work')).toEqual(['b', 'l']);
    expect(out.text + sink.text).toBe('said');
    expect(fs?.read('/proc/self/cmdline')).toBe('main\0');
    const f = fs as Os['fs'];
    expect([
      code(() => f.read('/none')),
      code(() => f.read('/etc')),
      code(() => f.list('/etc/data')),
      code(() => f.mkdir('/etc')),
      code(() => f.write('/ro/x', '')),
      code(() => f.write('/none/x', '')),
      code(() => f.remove('/work')),
      code(() => f.write('/proc/version', '')),
    ]).toEqual(['ENOENT', 'EISDIR', 'ENOTDIR', 'EEXIST', 'EROFS', 'ENOENT', 'ENOTEMPTY', 'EACCES']);
  });

  it('users other than root need permission', () => {
    let fs: Os['fs'] | undefined;
    const main: Program = function* (os) {
      fs = os.fs;
      yield* os.main.sleep(1e9);
      return 0;
    };
    start(main, { uid: 1000 });
    const f = fs as Os['fs'];
    expect([
      code(() => f.write('/etc/data', '')),
      code(() => f.write('/tmp/x', 'y')),
      code(() => f.chmod('/etc/data', 0)),
    ]).toEqual(['EACCES', 'ok', 'EPERM']);
  });
});

describe('sockets', () => {
  it('close with the process; a handler that exits resets the connection', () => {
    const server: Program = function* (os) {
      os.listen(80, {
        *handle() {
          yield* os.main.sync();
          return os.exit(2);
        },
      });
      yield* os.main.sleep(1e9);
      return 0;
    };
    let caught: unknown;
    const client: Program = function* (os) {
      const conn = yield* os.dial(os.main, '10.244.1.2', 80);
      try {
        yield* conn.request(os.main, { proto: 'raw', kind: 'request', data: '' });
      } catch (error) {
        caught = error;
      }
      return 0;
    };
    const { container, network } = start(wait, { programs: { '/bin/server': server, '/bin/client': client } });
    const child = container.exec(['server']);
    expect(network.servers.size).toBe(1);
    container.exec(['client']);
    expect(child.status).toEqual({ code: 2 });
    expect(caught).toMatchObject({ code: 'ECONNRESET' });
    expect(network.servers.size).toBe(0);
  });
});
