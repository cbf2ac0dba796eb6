import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serveForTest, type TestCluster } from '../support/served-cluster.ts';
import { clientFolder, unavailable } from './lib/binaries.ts';

const PROTOCOLS: [name: string, env: Record<string, string>][] = [
  ['WebSocket', {}],
  ['SPDY', { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false', KUBECTL_PORT_FORWARD_WEBSOCKETS: 'false' }],
];
const WEB = 'mkdir /www; echo hello > /www/index.html; httpd -f -p 8080 -h /www';
const CAT = 'while read line; do echo "got $line"; done';

describe.skipIf(unavailable)(`streams of the real kubectl${unavailable ? ` (${unavailable})` : ''}`, () => {
  const home = mkdtempSync(join(tmpdir(), 'streams-'));
  let cluster: TestCluster;
  const children: ChildProcess[] = [];

  const options = (extra: Record<string, string>) => ({
    cwd: home,
    timeout: 20_000,
    env: { HOME: home, KUBECONFIG: join(home, 'kubeconfig'), PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8', ...extra },
  });
  const kubectl = (args: string[], extra: Record<string, string> = {}, input?: string) =>
    new Promise<{ stdout: string; stderr: string; code: number }>((resolve) => {
      const child = execFile(join(clientFolder(), 'kubectl'), args, options(extra), (error, stdout, stderr) =>
        resolve({ stdout, stderr, code: error ? Number(error.code ?? 124) : 0 }),
      );
      child.stdin?.end(input);
    });

  beforeAll(async () => {
    cluster = await serveForTest({ seed: 'streams' });
    writeFileSync(join(home, 'kubeconfig'), cluster.kubeconfig);
    const pod = (name: string, script: string) => {
      const container = { name: 'main', image: 'busybox:1.36', command: ['sh', '-c', script], stdin: true };
      return { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { containers: [container] } };
    };
    const list = { apiVersion: 'v1', kind: 'List', items: [pod('web', WEB), pod('echo', CAT)] };
    await kubectl(['create', '-f', '-'], {}, JSON.stringify(list));
    const waited = await kubectl(['wait', '--for=condition=Ready', 'pod/web', 'pod/echo', '--timeout=30s']);
    expect(waited.code).toBe(0);
  });
  afterAll(async () => {
    for (const child of children) child.kill();
    await cluster?.close();
    rmSync(home, { recursive: true, force: true });
    expect(cluster.faults).toEqual([]);
  });

  /** Every byte, many times, so that pieces of messages begin and end anywhere. */
  const bytes = Buffer.from(Array.from({ length: 200_000 }, (_, at) => (at * 7 + (at >> 8)) & 0xff));
  const sum = createHash('sha256').update(bytes).digest('hex');
  const binary = (args: string[], extra: Record<string, string>, input?: Buffer) =>
    new Promise<Buffer>((resolve, reject) => {
      const child = execFile(
        join(clientFolder(), 'kubectl'),
        args,
        { ...options(extra), encoding: 'buffer', maxBuffer: 2 ** 22 },
        (error, stdout) => (error ? reject(error) : resolve(stdout)),
      );
      child.stdin?.end(input);
    });

  for (const [name, env] of PROTOCOLS) {
    it(`bytes over ${name}`, async () => {
      await binary(['exec', '-i', 'web', '--', 'sh', '-c', 'cat > /tmp/bytes'], env, bytes);
      expect((await kubectl(['exec', 'web', '--', 'sha256sum', '/tmp/bytes'], env)).stdout).toBe(
        `${sum}  /tmp/bytes\n`,
      );
      expect(await binary(['exec', 'web', '--', 'cat', '/tmp/bytes'], env)).toEqual(bytes);
      writeFileSync(join(home, 'local'), bytes);
      await kubectl(['cp', 'local', 'web:/tmp/copied'], env);
      await kubectl(['cp', 'web:/tmp/copied', 'back'], env);
      expect(readFileSync(join(home, 'back'))).toEqual(bytes);
      expect((await kubectl(['exec', 'web', '--', 'cmp', '/tmp/bytes', '/tmp/copied'], env)).code).toBe(0);
    });

    it(`exec over ${name}`, async () => {
      const failed = await kubectl(['exec', 'web', '--', 'sh', '-c', 'echo out; echo err >&2; exit 3'], env);
      expect(failed).toEqual({ stdout: 'out\n', stderr: 'err\ncommand terminated with exit code 3\n', code: 3 });
      const long = 'x'.repeat(300_000);
      expect((await kubectl(['exec', '-i', 'web', '--', 'wc', '-c'], env, long)).stdout.trim()).toBe('300000');
    });

    it(`refusals over ${name}`, async () => {
      const refused = await kubectl(['exec', 'nothing', '--', 'ls'], env);
      expect(refused.stderr).toBe('Error from server (NotFound): pods "nothing" not found\n');
      const viewer = await kubectl(['--context=aiopslab-viewer', 'exec', 'web', '--', 'ls'], env);
      expect([viewer.code, viewer.stderr]).toEqual([
        1,
        'Error from server (Forbidden): pods "web" is forbidden: User "viewer" cannot create resource "pods/exec" in API group "" in the namespace "default"\n',
      ]);
    });

    it(`attach over ${name}`, async () => {
      const child = spawn(join(clientFolder(), 'kubectl'), ['attach', '-i', 'echo'], options(env));
      children.push(child);
      const answered = new Promise<void>((resolve) => {
        child.stdout.on('data', (text) => String(text).includes(`got ${name}\n`) && resolve());
      });
      child.stdin.write(`${name}\n`);
      await answered;
      child.kill();
    });

    it(`port-forward over ${name}`, async () => {
      const child = spawn(join(clientFolder(), 'kubectl'), ['port-forward', 'pod/web', ':8080'], options(env));
      children.push(child);
      const port = await new Promise<string>((resolve) => {
        let text = '';
        child.stdout.on('data', (chunk) => {
          text += chunk;
          const found = /127\.0\.0\.1:(\d+) -> 8080/.exec(text);
          if (found) resolve(found[1] as string);
        });
      });
      for (let i = 0; i < 5; i++) {
        const answer = await fetch(`http://127.0.0.1:${port}/index.html`);
        expect([answer.status, await answer.text()]).toEqual([200, 'hello\n']);
      }
      await kubectl(['cp', 'local', 'web:/www/local'], env);
      const answer = await fetch(`http://127.0.0.1:${port}/local`);
      expect(Buffer.from(await answer.arrayBuffer())).toEqual(bytes);
      child.kill();
    });
  }

  it('bytes of ConfigMaps and Secrets in a pod, and of the service proxy', async () => {
    writeFileSync(join(home, 'local'), bytes);
    await kubectl(['create', 'configmap', 'bytes', '--from-file=local']);
    await kubectl(['create', 'secret', 'generic', 'bytes', '--from-file=local']);
    const mounts = ['map', 'secret'].map((at) => ({ name: at, mountPath: `/${at}` }));
    const volumes = [
      { name: 'map', configMap: { name: 'bytes' } },
      { name: 'secret', secret: { secretName: 'bytes' } },
    ];
    const container = { name: 'main', image: 'busybox:1.36', command: ['sleep', '3600'], volumeMounts: mounts };
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'reader' },
      spec: { containers: [container], volumes },
    };
    await kubectl(['create', '-f', '-'], {}, JSON.stringify(pod));
    await kubectl(['wait', '--for=condition=Ready', 'pod/reader', '--timeout=30s']);
    for (const path of ['/map/local', '/secret/local'])
      expect(await binary(['exec', 'reader', '--', 'cat', path], {})).toEqual(bytes);
    await kubectl(['cp', 'local', 'web:/www/local']);
    const raw = ['get', '--raw', '/api/v1/namespaces/default/pods/web:8080/proxy/local'];
    expect(await binary(raw, {})).toEqual(bytes);
    await binary(
      ['exec', '-i', 'web', '--', 'sh', '-c', 'cat > /proc/1/fd/1'],
      {},
      Buffer.from([0xff, 0x00, 0x41, 0x0a]),
    );
    expect(await binary(['logs', 'web'], {})).toEqual(Buffer.from([0xff, 0x00, 0x41, 0x0a]));
  });
});
