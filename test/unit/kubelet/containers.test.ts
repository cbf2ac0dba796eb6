import { describe, expect, it } from 'vitest';
import type { Json } from '../../../src/kube/object.ts';
import type { ExecRequest } from '../../../src/sim/api/api.ts';
import { TextSink } from '../../../src/sim/process/pipe.ts';
import { type Bed, bed, stateHistory } from './fakes.ts';

function exec(b: Bed, name: string, command: string[], container = 'main'): string {
  const stdout = new TextSink();
  const request: ExecRequest = {
    namespace: 'ns',
    pod: name,
    command,
    stdout,
    stderr: stdout,
    user: { username: 'admin', groups: [] },
  };
  const session = b.kubelet.exec(b.get(name), container, request);
  b.world.advance(10);
  const { exit, error } = session.result ?? {};
  return `${stdout.text}${exit ? `[${exit.code}]` : ''}${error ? `error: ${error}` : ''}`;
}

describe('init containers and side cars', () => {
  it('start one after the other; the pod is initialized when the last is over', () => {
    const b = bed();
    b.pod('p', {
      initContainers: [
        { name: 'i1', image: 'tools:1', command: ['run', '2'] },
        { name: 'side', image: 'tools:1', restartPolicy: 'Always', command: ['run', '1000'] },
        { name: 'i2', image: 'tools:1', command: ['run', '1'] },
      ],
      containers: [{}],
    });
    const starts: string[] = [];
    for (let i = 0; i < 15; i++) {
      b.world.advance(1_000);
      const { initContainerStatuses: init = [], containerStatuses = [], phase } = b.get('p').status;
      const text = [...init, ...containerStatuses].map((s: Json) => `${s.name}=${Object.keys(s.state)[0]}`).join(' ');
      if (starts.at(-1) !== `${phase} ${text}`) starts.push(`${phase} ${text}`);
    }
    expect(starts.filter((s) => s.startsWith('Pending')).length).toBeGreaterThanOrEqual(4);
    expect(starts.at(-1)).toBe('Running i1=terminated side=running i2=terminated main=running');
    expect(b.get('p').status.conditions.map((c: Json) => `${c.type}=${c.status}`)).toEqual([
      'PodReadyToStartContainers=True',
      'Initialized=True',
      'Ready=True',
      'ContainersReady=True',
      'PodScheduled=True',
    ]);
  });

  it('a failing one backs off and keeps the rest waiting', () => {
    const b = bed();
    b.pod('p', { initContainers: [{ name: 'i1', image: 'tools:1', command: ['run', '0', '1'] }], containers: [{}] });
    b.world.advance(9_000);
    const { status } = b.get('p');
    expect(status.containerStatuses[0].state).toEqual({ waiting: { reason: 'PodInitializing' } });
    expect(status.conditions[1]).toMatchObject({
      type: 'Initialized',
      status: 'False',
      reason: 'ContainersNotInitialized',
      message: 'containers with incomplete status: [i1]',
    });
    expect(b.events('p').at(-1)).toContain('Warning BackOff: Back-off restarting failed container i1 in pod p_ns(');
  });
});

describe('probes', () => {
  it('readiness follows the answer of the port', () => {
    const b = bed();
    b.pod('p', {
      containers: [
        { command: ['serve', '80'], readinessProbe: { httpGet: { port: 80, path: '/ok' }, periodSeconds: 2 } },
      ],
    });
    b.world.advance(5_000);
    const ready = (): string => b.get('p').status.conditions.find((c: Json) => c.type === 'Ready').status;
    expect(ready()).toBe('True');
    expect(exec(b, 'p', ['put', '/status', '503'])).toBe('[0]');
    b.world.advance(10_000);
    expect(ready()).toBe('False');
    expect(b.events('p').at(-1)).toBe(
      'Warning Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 503',
    );
    exec(b, 'p', ['put', '/status', '200']);
    b.world.advance(5_000);
    expect(ready()).toBe('True');
  });

  it('liveness kills and restarts; a closed port is refused', () => {
    const b = bed();
    b.pod('p', {
      terminationGracePeriodSeconds: 2,
      containers: [{ livenessProbe: { httpGet: { port: 8080, path: '/x' }, periodSeconds: 4, failureThreshold: 2 } }],
    });
    b.world.advance(14_000);
    const ip = b.get('p').status.podIP;
    expect(b.events('p').slice(3)).toEqual([
      `Warning Unhealthy: Liveness probe failed: Get "http://${ip}:8080/x": dial tcp ${ip}:8080: connect: connection refused`,
      'Normal Killing: Container main failed liveness probe, will be restarted',
    ]);
    expect(stateHistory(b, 'p').at(-1)).toBe('Running running last=Error rc=1 ready');
    expect(b.get('p').status.containerStatuses[0].lastState.terminated.exitCode).toBe(137);
  });

  it('exec probes print what the command said', () => {
    const b = bed();
    b.pod('p', { containers: [{ readinessProbe: { exec: { command: ['cat', '/none'] }, periodSeconds: 3 } }] });
    b.world.advance(4_000);
    expect(b.events('p').at(-1)).toBe(
      "Warning Unhealthy: Readiness probe failed: cat: can't open '/none': No such file or directory\n",
    );
  });
});

describe('ending', () => {
  it('a polite process ends on SIGTERM and the pod is gone', () => {
    const b = bed();
    b.pod('p', { containers: [{ command: ['polite', '1000'] }] });
    b.world.advance(3_000);
    const { podIP } = b.get('p').status;
    b.api.delete('v1/Pod', 'ns', 'p');
    b.world.advance(2_000);
    expect(b.get('p')).toBeUndefined();
    expect(b.network.attached.has(podIP)).toBe(false);
    expect(stateHistory(b, 'p').at(-1)).toBe('Succeeded terminated(Completed) rc=0');
    expect(b.api.history.at(-1)?.pod.status.podIP).toBe(podIP);
  });

  it('a stubborn one is killed when the grace period is over', () => {
    const b = bed();
    b.pod('p', {
      containers: [{ lifecycle: { preStop: { exec: { command: ['run', '0', '4'] } } } }],
      terminationGracePeriodSeconds: 5,
    });
    b.world.advance(3_000);
    b.api.delete('v1/Pod', 'ns', 'p');
    b.world.advance(4_500);
    expect(b.get('p').status.phase).toBe('Running');
    b.world.advance(2_000);
    expect(b.get('p')).toBeUndefined();
    expect(stateHistory(b, 'p').at(-1)).toBe('Failed terminated(Error) rc=0');
    expect(b.events('p').slice(-2)).toEqual([
      'Normal Killing: Stopping container main',
      'Warning FailedPreStopHook: PreStopHook failed',
    ]);
  });

  it('a pod whose image never came ends Failed, as ContainerStatusUnknown', () => {
    const b = bed();
    b.pod('p', { containers: [{ image: 'a/b:1' }] });
    b.world.advance(3_000);
    b.api.delete('v1/Pod', 'ns', 'p');
    b.world.advance(2_000);
    expect(stateHistory(b, 'p').at(-1)).toBe('Failed terminated(ContainerStatusUnknown) rc=0');
  });

  it('a changed image restarts the container in place', () => {
    const b = bed();
    b.pod('p', { terminationGracePeriodSeconds: 1, containers: [{}] });
    b.world.advance(3_000);
    b.api.modify('v1/Pod', 'ns', 'p', (draft) => {
      draft.spec.containers[0].image = 'a/b:1';
    });
    b.world.advance(4_000);
    expect(b.events('p').slice(3, 6)).toEqual([
      'Normal Killing: Container main definition changed, will be restarted',
      'Normal Pulling: Pulling image "a/b:1"',
      'Warning Failed: Failed to pull image "a/b:1": rpc error: code = NotFound desc = failed to pull and unpack image "docker.io/a/b:1": failed to resolve reference "docker.io/a/b:1": docker.io/a/b:1: not found',
    ]);
    expect(b.get('p').status).toMatchObject({ phase: 'Running', observedGeneration: 2 });
  });

  it('killContainer is a SIGKILL from outside', () => {
    const b = bed();
    const { uid } = b.pod('p', { containers: [{}] }).metadata;
    b.world.advance(3_000);
    expect(b.kubelet.killContainer(uid, 'main')).toBe(true);
    b.world.advance(3_000);
    expect(b.get('p').status.containerStatuses[0]).toMatchObject({
      restartCount: 1,
      lastState: { terminated: { exitCode: 137, reason: 'Error' } },
    });
    expect(b.events('p').some((e) => e.includes('Killing'))).toBe(false);
  });
});

describe('exec', () => {
  const b = bed();
  b.pod('p', {
    containers: [
      {
        env: [
          { name: 'A', value: 'x' },
          { name: 'B', value: '$(A)-$(C)' },
        ],
      },
    ],
  });
  b.world.advance(3_000);
  it.each([
    [['cat', '/etc/hostname'], 'p\n[0]'],
    [['cat', '/none'], "cat: can't open '/none': No such file or directory\n[1]"],
    [['cat', '/proc/1/cmdline'], 'run\0' + '1000000\0[0]'],
    [['run', '0', '3'], '[3]'],
    [
      ['env'],
      'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\nHOSTNAME=p\nA=x\nB=x-$(C)\nHOME=/root\n[0]',
    ],
  ])('%j', (command, output) => {
    expect(exec(b, 'p', command)).toBe(output);
  });
  it.each([
    ['netstat', 'exec: "netstat": executable file not found in $PATH: unknown'],
    ['/etc/passwd', 'exec: "/etc/passwd": permission denied: unknown'],
    ['/bin/none', 'exec: "/bin/none": stat /bin/none: no such file or directory: unknown'],
  ])('%s cannot be run', (command, reason) => {
    expect(exec(b, 'p', [command]).replace(/[0-9a-f]{64}/, 'ID')).toBe(
      'error: Internal error occurred: error executing command in container: failed to exec in container: failed to start exec "ID": ' +
        `OCI runtime exec failed: exec failed: unable to start container process: ${reason}`,
    );
  });
  it('needs a running container', () => {
    expect(exec(b, 'p', ['env'], 'other')).toBe('error: unable to upgrade connection: container not found ("other")');
  });
});

describe('the agent itself', () => {
  it('stopped: containers run on, nothing is restarted, commands are refused; started again it takes over', () => {
    const b = bed();
    const { uid } = b.pod('p', { containers: [{}] }).metadata;
    b.world.advance(3_000);
    b.kubelet.stop();
    expect(() => exec(b, 'p', ['env'])).toThrow(
      'error dialing backend: dial tcp 172.18.0.3:10250: connect: connection refused',
    );
    b.kubelet.killContainer(uid, 'main');
    b.world.advance(60_000);
    expect(b.get('p').status.containerStatuses[0].restartCount).toBe(0);
    b.kubelet.start();
    b.world.advance(5_000);
    expect(stateHistory(b, 'p').at(-1)).toBe('Running running last=Error rc=1 ready');
  });

  it('ephemeral containers are started once', () => {
    const b = bed();
    b.pod('p', { containers: [{}] });
    b.world.advance(3_000);
    b.api.modify('v1/Pod', 'ns', 'p', (draft) => {
      draft.spec.ephemeralContainers = [{ name: 'debug', image: 'tools:1', command: ['run', '1', '3'] }];
    });
    b.world.advance(20_000);
    expect(b.get('p').status.ephemeralContainerStatuses).toMatchObject([
      { name: 'debug', restartCount: 0, state: { terminated: { exitCode: 3, reason: 'Error' } } },
    ]);
    expect(b.get('p').status.phase).toBe('Running');
  });

  it('restart rules of a container come before the policy of the pod', () => {
    const b = bed();
    const rules = [{ action: 'Restart', exitCodes: { operator: 'In', values: [42] } }];
    const container = { restartPolicy: 'Never', restartPolicyRules: rules };
    b.pod('again', { restartPolicy: 'Never', containers: [{ ...container, command: ['run', '0', '42'] }] });
    b.pod('over', { restartPolicy: 'Never', containers: [{ ...container, command: ['run', '0', '1'] }] });
    b.world.advance(6_000);
    expect(b.get('again').status.containerStatuses[0].restartCount).toBe(1);
    expect([b.get('again').status.phase, b.get('over').status.phase]).toEqual(['Running', 'Failed']);
  });

  it('a resize reaches the cgroup and the status without a restart; a later deadline counts from the start', () => {
    const b = bed();
    b.pod('p', { containers: [{ resources: { limits: { cpu: '500m' } } }] });
    b.world.advance(3_000);
    b.api.modify('v1/Pod', 'ns', 'p', (draft) => {
      draft.spec.containers[0].resources.limits.cpu = '1';
      draft.spec.activeDeadlineSeconds = 20;
    });
    b.world.advance(3_000);
    expect(b.kubelet.stats()[0]?.cpuQuotaUs).toBe(100_000);
    expect(b.get('p').status.containerStatuses[0]).toMatchObject({
      restartCount: 0,
      resources: { limits: { cpu: '1' } },
    });
    b.world.advance(60_000);
    expect(b.get('p').status).toMatchObject({ phase: 'Failed', reason: 'DeadlineExceeded' });
  });
});
