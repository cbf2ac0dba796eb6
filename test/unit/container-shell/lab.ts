import { debianPrograms } from '../../../src/sim/container-shell/index.ts';
import { busybox } from '../../../src/sim/images/busybox/busybox.ts';
import type { ImageDef } from '../../../src/sim/images/image.ts';
import { createNetwork } from '../../../src/sim/net/network.ts';
import { Container } from '../../../src/sim/process/container.ts';
import { noInput } from '../../../src/sim/process/pipe.ts';
import { World } from '../../../src/sim/world.ts';
import { FakeApi } from '../net/fake-api.ts';

const debian: ImageDef = { ...busybox, repository: 'docker.io/library/debian', programs: debianPrograms() };

class Sink {
  text = '';
  write(text: string): void {
    this.text += text;
  }
  close(): void {}
}

export interface ShellResult {
  out: string;
  code: number | undefined;
  ms: number;
}

/** A machine that runs commands and tells stdout and stderr (as one text), the exit code and the virtual time. */
export function machine(flavor: 'busybox' | 'debian' = 'busybox') {
  const world = new World({ seed: 'shell' });
  const network = createNetwork({ world, api: new FakeApi().client });
  const ns = {
    ip: '10.244.1.9',
    nodeName: 'node-1',
    dns: { nameservers: ['10.96.0.10'], searches: ['default.svc.cluster.local'], ndots: 5 },
    hosts: new Map([['box', '10.244.1.9']]),
  };
  network.attach(ns);
  const container = new Container({
    world,
    network,
    ns,
    image: flavor === 'debian' ? debian : busybox,
    hostname: 'box',
    streamName: 'default/box/main/0',
    env: { PATH: '/usr/bin:/bin', HOME: '/root', HOSTNAME: 'box' },
    workingDir: '/',
    uid: 0,
    limits: { cpuShares: 2 },
    mounts: new Map(),
    machine: { memoryBytes: 8 * 2 ** 30, cpus: 4, bootMs: world.nowMs - 3_600_000, kernel: '6.1.0' },
  });
  container.start(['sleep', '1000000'], {});
  const run = (argv: string[], limitMs = 600_000): ShellResult => {
    const sink = new Sink();
    const startUs = world.nowUs;
    const child = container.exec(argv, { stdin: noInput, stdout: sink, stderr: sink });
    world.runUntil(() => child.status !== undefined, limitMs);
    return { out: sink.text, code: child.status?.code, ms: Math.round((world.nowUs - startUs) / 1000) };
  };
  return { world, container, run };
}
