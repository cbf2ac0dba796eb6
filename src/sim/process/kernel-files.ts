import type { Container } from './container.ts';
import { dirNode, type FsNode, fileNode, linkNode } from './memory-fs.ts';
import type { ProcessInfo } from './os.ts';

/** Files that the kernel and the runtime make in every container: /proc, /dev, the cgroup's numbers in /sys. */
export function mountKernelFiles(container: Container): void {
  const owner = container.fs.owner;
  container.fs.mount('/proc', { root: procRoot(container), readOnly: false, fsType: 'proc', source: 'proc' });
  container.fs.mount('/dev', { root: devRoot(owner), fsType: 'tmpfs', source: 'tmpfs' });
  container.fs.mount('/sys', { root: sysRoot(container), readOnly: true, fsType: 'sysfs', source: 'sysfs' });
}

function live(owner: object, read: (pid: number) => string, mode = 0o444): FsNode {
  return { ...fileNode(owner, '', mode), content: undefined, live: { read } };
}

function dirOf(owner: object, entries: Record<string, FsNode>, mode = 0o555): FsNode {
  return { ...dirNode(owner, mode), entries: new Map(Object.entries(entries)) };
}

function procRoot(container: Container): FsNode {
  const owner = container.fs.owner;
  const { machine } = container.options;
  const kb = (bytes: number): string => `${String(Math.floor(bytes / 1024)).padStart(8)} kB`;
  const uptime = (): number => (container.world.nowMs - machine.bootMs) / 1000;
  const fixed: Record<string, FsNode> = {
    cpuinfo: live(owner, () =>
      Array.from({ length: machine.cpus }, (_, i) => `processor\t: ${i}\nvendor_id\t: GenuineIntel\n\n`).join(''),
    ),
    loadavg: live(
      owner,
      () => `0.42 0.38 0.35 1/${container.processes().length + 300} ${container.processes().length}\n`,
    ),
    meminfo: live(owner, () =>
      [
        ['MemTotal:', machine.memoryBytes],
        ['MemFree:', machine.memoryBytes * 0.6],
        ['MemAvailable:', machine.memoryBytes * 0.8],
        ['Buffers:', machine.memoryBytes * 0.01],
        ['Cached:', machine.memoryBytes * 0.2],
        ['SwapTotal:', 0],
        ['SwapFree:', 0],
      ]
        .map(([name, bytes]) => `${String(name).padEnd(15)}${kb(Number(bytes))}\n`)
        .join(''),
    ),
    mounts: live(owner, () => mountTable(container)),
    self: { ...linkNode(owner, ''), live: { target: (pid) => String(pid) } },
    sys: parameters(container),
    uptime: live(owner, () => `${uptime().toFixed(2)} ${(uptime() * machine.cpus * 0.9).toFixed(2)}\n`),
    version: live(owner, () => `Linux version ${machine.kernel} (gcc 12.2.0) #1 SMP\n`),
  };
  const root = dirNode(owner, 0o555);
  root.live = {
    entries() {
      const entries = new Map(Object.entries(fixed));
      for (const info of container.processes()) entries.set(String(info.pid), processDir(container, info));
      return entries;
    },
  };
  return root;
}

/** Kernel parameters as a new namespace has them. */
const PARAMETERS: Readonly<Record<string, string>> = {
  'kernel.msgmax': '8192',
  'kernel.msgmnb': '16384',
  'kernel.msgmni': '32000',
  'kernel.pid_max': '4194304',
  'kernel.sem': '32000\t1024000000\t500\t32000',
  'kernel.shm_rmid_forced': '0',
  'kernel.shmall': '18446744073692774399',
  'kernel.shmmax': '18446744073692774399',
  'kernel.shmmni': '4096',
  'net.core.somaxconn': '4096',
  'net.ipv4.ip_forward': '1',
  'net.ipv4.ip_local_port_range': '32768\t60999',
  'net.ipv4.ip_unprivileged_port_start': '0',
  'net.ipv4.ping_group_range': '0\t2147483647',
  'net.ipv4.tcp_fin_timeout': '60',
  'net.ipv4.tcp_keepalive_intvl': '75',
  'net.ipv4.tcp_keepalive_probes': '9',
  'net.ipv4.tcp_keepalive_time': '7200',
  'net.ipv4.tcp_syncookies': '1',
  'vm.max_map_count': '65530',
  'vm.overcommit_memory': '1',
  'vm.swappiness': '60',
};

/** /proc/sys: a file per parameter. */
function parameters(container: Container): FsNode {
  const owner = container.fs.owner;
  const root: FsNode = dirOf(owner, {});
  const all = { ...PARAMETERS, ...container.options.sysctls };
  const place = (path: string[], file: FsNode): void => {
    let at = root;
    for (const part of path.slice(0, -1)) {
      const next = at.entries?.get(part) ?? dirOf(owner, {});
      at.entries?.set(part, next);
      at = next;
    }
    at.entries?.set(path.at(-1) as string, file);
  };
  for (const [name, value] of Object.entries(all))
    place(
      name.split(/[./]/),
      live(owner, () => `${value}\n`),
    );
  place(
    ['kernel', 'hostname'],
    live(owner, () => `${container.options.hostname}\n`),
  );
  return root;
}

/** What is under /sys has a file system of its own. */
const CGROUP_MOUNT: [string, { source: string; fsType: string; readOnly: boolean; sizeBytes?: number }] = [
  '/sys/fs/cgroup',
  { source: 'cgroup', fsType: 'cgroup2', readOnly: true },
];

function mountTable(container: Container): string {
  return container.fs
    .mounts()
    .flatMap((row) => (row[0] === '/sys' ? [row, CGROUP_MOUNT] : [row]))
    .map(
      ([path, m]) =>
        `${m.source ?? '/dev/vda1'} ${path} ${m.fsType ?? 'ext4'} ${m.readOnly ? 'ro' : 'rw'},relatime${m.sizeBytes === undefined ? '' : `,size=${m.sizeBytes / 1024}k`} 0 0\n`,
    )
    .join('');
}

function processDir(container: Container, info: ProcessInfo): FsNode {
  const owner = container.fs.owner;
  const process = container.process(info.pid);
  const name = (info.argv[0] ?? '').split('/').pop()?.slice(0, 15) ?? '';
  const uid = container.options.uid;
  const fd = (write: ((text: string) => void) | undefined): FsNode => ({
    ...fileNode(owner, '', 0o600),
    onWrite: (text) => write?.(text),
  });
  return dirOf(owner, {
    cgroup: live(owner, () => '0::/\n'),
    cmdline: live(owner, () => info.argv.map((arg) => `${arg}\0`).join('')),
    comm: live(owner, () => `${name}\n`),
    environ: live(
      owner,
      () =>
        Object.entries(process?.env ?? {})
          .map(([key, value]) => `${key}=${value}\0`)
          .join(''),
      0o400,
    ),
    fd: dirOf(owner, {
      '0': fd(undefined),
      '1': fd((text) => process?.stdout.write(text)),
      '2': fd((text) => process?.stderr.write(text)),
    }),
    mounts: live(owner, () => mountTable(container)),
    stat: live(owner, () => `${info.pid} (${name}) S ${info.ppid} ${info.pid} ${info.pid} 0 -1\n`),
    status: live(
      owner,
      () =>
        `Name:\t${name}\nState:\tS (sleeping)\nTgid:\t${info.pid}\nPid:\t${info.pid}\nPPid:\t${info.ppid}\n` +
        `Uid:\t${uid}\t${uid}\t${uid}\t${uid}\nGid:\t${uid}\t${uid}\t${uid}\t${uid}\nThreads:\t1\n`,
    ),
  });
}

function devRoot(owner: object): FsNode {
  const sink: FsNode = { ...fileNode(owner, '', 0o666), onWrite() {} };
  return dirOf(
    owner,
    {
      // a directory of its own: shells put the files of process substitutions here
      fd: {
        ...dirOf(owner, Object.fromEntries(['0', '1', '2'].map((fd) => [fd, linkNode(owner, `/proc/self/fd/${fd}`)]))),
        mode: 0o1777,
      },
      null: sink,
      random: { ...sink },
      shm: dirNode(owner, 0o1777),
      stderr: linkNode(owner, '/proc/self/fd/2'),
      stdin: linkNode(owner, '/proc/self/fd/0'),
      stdout: linkNode(owner, '/proc/self/fd/1'),
      tty: { ...sink },
      urandom: { ...sink },
      zero: { ...sink },
    },
    0o755,
  );
}

/** cgroup v2's weight of cgroup v1's shares, as runc 1.3 converts them. */
function weight(shares: number): number {
  const clamped = Math.min(Math.max(shares, 2), 262_144);
  const log = Math.log2(clamped);
  return Math.ceil(10 ** ((log * log + 125 * log) / 612 - 7 / 34));
}

function sysRoot(container: Container): FsNode {
  const owner = container.fs.owner;
  const { cgroup } = container;
  const limit = (value: number | undefined): string => (value === undefined ? 'max' : String(value));
  const files = {
    'cgroup.controllers': live(owner, () => 'cpuset cpu io memory hugetlb pids rdma misc\n'),
    'cpu.weight': live(owner, () => `${weight(cgroup.limits.cpuShares)}\n`),
    'cpu.max': live(owner, () => `${limit(cgroup.limits.cpuQuotaUs)} 100000\n`),
    'cpu.stat': live(
      owner,
      () =>
        `usage_usec ${Math.round(cgroup.cpuUsageUs)}\nnr_periods ${cgroup.periods}\n` +
        `nr_throttled ${cgroup.throttledPeriods}\nthrottled_usec ${Math.round(cgroup.throttledUs)}\n`,
    ),
    'memory.current': live(owner, () => `${cgroup.memoryRssBytes + cgroup.cacheBytes}\n`),
    'memory.events': live(owner, () => `oom ${cgroup.oomEvents}\noom_kill ${cgroup.oomEvents}\n`),
    'memory.max': live(owner, () => `${limit(cgroup.limits.memoryBytes)}\n`),
  };
  return dirOf(owner, { fs: dirOf(owner, { cgroup: dirOf(owner, files) }) });
}
