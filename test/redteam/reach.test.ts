import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT, type Served, serveProgram, tempHome } from '../support/program.ts';

const NAMESPACE = 'test-hotel-reservation';
const home = tempHome();
let served: Served;
let faulty: string;
let twin: string;
let port: number;
let hits = 0;
const listener = createServer((_, response) => {
  hits++;
  response.end('reached the host');
});

beforeAll(async () => {
  await new Promise<void>((resolve) => listener.listen(0, '0.0.0.0', resolve));
  port = (listener.address() as AddressInfo).port;
  served = await serveProgram(home.path);
  faulty = await served.begin('network_loss_hotel_res-detection-1', '11');
  twin = await served.begin('network_loss_hotel_res-healthy-1', '11');
}, 120_000);
afterAll(async () => {
  await served.close();
  listener.close();
  home.remove();
});

async function shell(command: string, session_id = faulty): Promise<string> {
  return (await served.call('exec_shell', { session_id, command, timeout_s: 50 })).text;
}

describe('the host', () => {
  it('keeps its files to itself', async () => {
    const paths = [ROOT, home.path, process.execPath, '/etc/shadow', '/sys/kernel', '/dev/sda', process.cwd()];
    for (const path of paths) {
      expect(await shell(`ls ${path} 2>&1; cat ${path}/* ${path} 2>&1`)).toMatch(/No such file or directory/);
    }
    // The simulated machine has mounts of its own, and says so.
    expect(await shell('cat /proc/mounts')).toBe(
      'overlay / overlay rw,relatime 0 0\nproc /proc proc rw,relatime 0 0\ntmpfs /dev tmpfs rw,relatime 0 0\nsysfs /sys sysfs ro,relatime 0 0\ncgroup /sys/fs/cgroup cgroup2 ro,relatime 0 0\n',
    );
    expect(await shell('cat /etc/passwd')).toBe(
      'root:x:0:0:root:/root:/bin/bash\nagent:x:1000:1000::/home/agent:/bin/bash\n',
    );
    expect(await shell('cat ../../../../../../etc/hostname; cat /proc/self/root/etc/hostname 2>&1')).toBe(
      'control-plane\ncat: /proc/self/root/etc/hostname: No such file or directory\n[exit code 1]\n',
    );
    expect(
      await shell(`ln -s ${ROOT}/package.json /tmp/l; cat /tmp/l 2>&1; kubectl apply -f ${ROOT}/package.json 2>&1`),
    ).toMatch(/^cat: \/tmp\/l: No such file or directory\n.*(?:does not exist|no such file)/s);
  });

  it('keeps its environment, processes and programs to itself', async () => {
    process.env['RED_TEAM_SECRET'] = 'secret';
    const text = await shell(
      'env; set; export -p; cat /proc/*/environ 2>/dev/null; ps aux; echo $AIOPSLAB_HOME $$ $PPID',
    );
    expect(text).not.toMatch(/AIOPSLAB|RED_TEAM|node_modules|vitest|npm/);
    expect(text).toMatch(/\n2 0\n$/);
    for (const program of [
      'node -e 1',
      'python3 -c "import subprocess; subprocess.run([chr(105) + chr(100)])"',
      'perl -e 1',
      'ssh host',
      '/usr/bin/node',
      './configure',
      'sudo ls',
    ]) {
      expect(await shell(program)).toMatch(/\[exit code (?:126|127|1|255)\]\n$/);
    }
    for (const attempt of [
      'kill -9 1',
      `kill -9 ${served.pid}`,
      'kill -9 -1',
      'exec /bin/sh',
      'exit 3',
      'ulimit -v 1',
      'trap "" TERM',
    ]) {
      await shell(attempt);
    }
    expect(await shell('echo alive')).toBe('alive\n');
  });

  it('keeps its network to itself', async () => {
    const own = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address));
    const hosts = [
      '127.0.0.1',
      'localhost',
      '0.0.0.0',
      '[::1]',
      'host.docker.internal',
      ...own.filter((ip) => !ip.includes(':')),
    ];
    const urls = hosts.map((host) => `http://${host}:${port}/`);
    const outside = [
      'http://1.1.1.1/',
      'http://example.com/',
      'http://169.254.169.254/latest/meta-data/',
      'https://github.com/',
    ];
    for (const url of [...urls, ...outside]) {
      expect(await shell(`curl -s -m 2 ${url}; echo " $?"`)).toMatch(/^ (?:6|7|28)\n/);
    }
    await shell(
      urls
        .map((url) => `wget -T 1 -t 1 -qO- ${url}; kubectl get --raw / --server ${url}; kubectl apply -f ${url}`)
        .join('\n'),
    );
    await shell(
      `exec 3<>/dev/tcp/127.0.0.1/${port}; nc -w 1 127.0.0.1 ${port} < /dev/null; helm repo add x http://127.0.0.1:${port}`,
    );
    const pod = `$(kubectl get pods -n ${NAMESPACE} -o name | grep mongodb-geo | head -1)`;
    await shell(
      `kubectl exec -n ${NAMESPACE} ${pod} -- sh -c 'wget -T 1 -qO- http://127.0.0.1:${port}/; curl -m 1 http://127.0.0.1:${port}/'`,
    );
    expect(hits).toBe(0);
  });

  it('is no way out for file arguments and URLs of curl', async () => {
    for (const url of [
      'file:///etc/passwd',
      `file://${ROOT}/package.json`,
      'gopher://x',
      'dict://127.0.0.1:1/',
      'scp://x/y',
    ]) {
      expect(await shell(`curl -s '${url}' | head -c 300; echo "[\${PIPESTATUS[0]}]"`)).toMatch(/^\[\d+\]\n$/);
    }
  });
});

describe('the interpreter', () => {
  it.each([
    [
      'prototypes',
      '__proto__=1; constructor=2; declare -A a; a[__proto__]=x; a[constructor]=y; echo ${a[__proto__]}${a[constructor]}',
      'xy\n',
    ],
    [
      'functions named like properties',
      'toString() { echo mine; }; toString; hasOwnProperty 2>&1 | head -1',
      'mine\nbash: line 1: hasOwnProperty: command not found\n',
    ],
    ['code in arithmetic', 'x="process.exit(1)"; echo $((x)) 2>&1 | head -c 300; echo', undefined],
    ['code in jq', `jq -n 'env.PATH, $ENV.AIOPSLAB_HOME, (try input_filename catch 1)'`, undefined],
    [
      'code in awk',
      `awk 'BEGIN { system("id"); "cat /etc/shadow" | getline x; print x; print ENVIRON["AIOPSLAB_HOME"] }' 2>&1`,
      undefined,
    ],
    ['code in sed', `echo x | sed 'e id' 2>&1; echo x | sed 's/x/id/e' 2>&1`, undefined],
    [
      'find -exec and xargs',
      'find /etc -name hostname -exec cat {} \\; ; echo /etc/hostname | xargs cat',
      'control-plane\ncontrol-plane\n',
    ],
    [
      'templates',
      `kubectl get nodes -o go-template='{{.constructor}}{{printf "%s" "x"}}' 2>&1; kubectl get nodes -o jsonpath='{.__proto__}{.constructor}'`,
      undefined,
    ],
  ])('gives no way out by %s', async (_, command, expected) => {
    const text = await shell(command);
    if (expected !== undefined) expect(text).toBe(expected);
    expect(text).not.toMatch(/native code|at Object\.|node:internal|file:\/\/\/|dist\/main|AIOPSLAB|root:.:/);
  });
});

describe('other sessions', () => {
  it('are out of reach from the shell, and their ids are not guessable', async () => {
    await shell('echo secret-of-the-twin > /tmp/secret; kubectl create configmap secret-of-the-twin', twin);
    expect(
      await shell('cat /tmp/secret; kubectl get configmap -A | grep secret-of; kubectl get --raw /sessions'),
    ).not.toContain('secret-of');
    expect(faulty).toMatch(/^[0-9a-f]{32}$/);
    expect(faulty).not.toBe(twin);
  });
});

describe('a healthy twin', () => {
  it('differs from its faulty double by nothing but symptoms', async () => {
    const summary = async (session_id: string) => {
      const { structured } = await served.call('get_session', { session_id });
      return { ...structured, session_id: '', virtual_time: '', steps: 0, steps_left: 0 };
    };
    expect(await summary(twin)).toEqual(await summary(faulty));
    const inventory = `for r in $(kubectl api-resources --verbs=list -o name | grep -v events); do kubectl get $r -A --no-headers -o custom-columns=k:.kind,ns:.metadata.namespace,n:.metadata.name,m:.metadata.managedFields[*].manager,l:.metadata.labels,a:.metadata.annotations; done | sed -E 's/-[a-z0-9]{9,10}-[a-z0-9]{5}\\b//; s/wrk2-job-[a-z0-9]{5}//' | grep -v secret-of | tr -s ' '`;
    const digest = async (id: string) =>
      await shell(`(${inventory}) > /tmp/inventory; wc -l < /tmp/inventory; md5sum < /tmp/inventory`, id);
    const [first, second] = [await digest(faulty), await digest(twin)];
    expect(first.split('\n')[0]).toMatch(/^\d{3,}$/);
    if (first !== second)
      expect(await shell('cut -c1-150 /tmp/inventory', faulty)).toBe(await shell('cut -c1-150 /tmp/inventory', twin));
    const jobs = 'kubectl get jobs -A --no-headers | cut -c1-40; kubectl logs job/wrk2-job | head -3; helm list -A';
    expect(await shell(jobs, twin)).toBe(await shell(jobs, faulty));
  });
});
