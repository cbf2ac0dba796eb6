import { describe, expect, it } from 'vitest';
import { bed, stateHistory } from './fakes.ts';

// The sequences were recorded on a real kubelet 1.35.4 with busybox pods of the same shape.
describe('the life of a pod', () => {
  const cases: { name: string; spec: object; ms: number; states: string[]; events: string[] }[] = [
    {
      name: 'runs',
      spec: { containers: [{}] },
      ms: 10_000,
      states: ['Pending waiting(ContainerCreating) rc=0', 'Running running rc=0 ready'],
      events: [
        'Normal Pulled: Container image "tools:1" already present on machine and can be accessed by the pod',
        'Normal Created: Container created',
        'Normal Started: Container started',
      ],
    },
    {
      name: 'crash',
      spec: { containers: [{ command: ['run', '0', '1', 'hi'] }] },
      ms: 50_000,
      states: [
        'Pending waiting(ContainerCreating) rc=0',
        'Running terminated(Error) rc=0',
        'Running terminated(Error) last=Error rc=1',
        'Running waiting(CrashLoopBackOff) last=Error rc=1',
        'Running terminated(Error) last=Error rc=2',
        'Running waiting(CrashLoopBackOff) last=Error rc=2',
        'Running terminated(Error) last=Error rc=3',
      ],
      events: [
        'Normal Pulled: Container image "tools:1" already present on machine and can be accessed by the pod',
        'Normal Created: Container created',
        'Normal Started: Container started',
        'Warning BackOff: Back-off restarting failed container main in pod crash_ns(UID)',
      ],
    },
    {
      name: 'never',
      spec: { restartPolicy: 'Never', containers: [{ command: ['run', '3', '0'] }] },
      ms: 10_000,
      states: [
        'Pending waiting(ContainerCreating) rc=0',
        'Running running rc=0 ready',
        'Running terminated(Completed) rc=0',
        'Succeeded terminated(Completed) rc=0',
      ],
      events: [
        'Normal Pulled: Container image "tools:1" already present on machine and can be accessed by the pod',
        'Normal Created: Container created',
        'Normal Started: Container started',
      ],
    },
    {
      name: 'nocmd',
      spec: { containers: [{ command: ['profil'] }] },
      ms: 11_500,
      states: [
        'Pending waiting(ContainerCreating) rc=0',
        'Running waiting(RunContainerError) last=StartError rc=0',
        'Running waiting(RunContainerError) last=StartError rc=1',
        'Running waiting(CrashLoopBackOff) last=StartError rc=1',
      ],
      events: [
        'Normal Pulled: Container image "tools:1" already present on machine and can be accessed by the pod',
        'Normal Created: Container created',
        'Warning Failed: Error: failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "profil": executable file not found in $PATH: unknown',
        'Warning BackOff: Back-off restarting failed container main in pod nocmd_ns(UID)',
      ],
    },
    {
      name: 'noimage',
      spec: { containers: [{ image: 'a/b:1' }] },
      ms: 14_500,
      states: [
        'Pending waiting(ContainerCreating) rc=0',
        'Pending waiting(ErrImagePull) rc=0',
        'Pending waiting(ImagePullBackOff) rc=0',
      ],
      events: [
        'Normal Pulling: Pulling image "a/b:1"',
        'Warning Failed: Failed to pull image "a/b:1": rpc error: code = NotFound desc = failed to pull and unpack image "docker.io/a/b:1": failed to resolve reference "docker.io/a/b:1": docker.io/a/b:1: not found',
        'Warning Failed: Error: ErrImagePull',
        'Normal BackOff: Back-off pulling image "a/b:1"',
        'Warning Failed: Error: ImagePullBackOff',
      ],
    },
    {
      name: 'badimage',
      spec: { containers: [{ image: 'a/B:::1' }] },
      ms: 5_000,
      states: ['Pending waiting(ContainerCreating) rc=0', 'Pending waiting(InvalidImageName) rc=0'],
      events: [
        'Warning InspectFailed: Failed to apply default image tag "a/B:::1": couldn\'t parse image name "a/B:::1": invalid reference format: repository name (a/B) must be lowercase',
        'Warning Failed: Error: InvalidImageName',
      ],
    },
    {
      name: 'neverpull',
      spec: { containers: [{ image: 'a/b:1', imagePullPolicy: 'Never' }] },
      ms: 5_000,
      states: ['Pending waiting(ContainerCreating) rc=0', 'Pending waiting(ErrImageNeverPull) rc=0'],
      events: [
        'Warning ErrImageNeverPull: Container image "a/b:1" is not present with pull policy of Never',
        'Warning Failed: Error: ErrImageNeverPull',
      ],
    },
    {
      name: 'cfgerr',
      spec: { containers: [{ env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'none', key: 'k' } } }] }] },
      ms: 5_000,
      states: ['Pending waiting(ContainerCreating) rc=0', 'Pending waiting(CreateContainerConfigError) rc=0'],
      events: [
        'Normal Pulled: Container image "tools:1" already present on machine and can be accessed by the pod',
        'Warning Failed: Error: configmap "none" not found',
      ],
    },
    {
      name: 'oom',
      spec: { containers: [{ command: ['eat', '50000000'], resources: { limits: { memory: '20Mi' } } }] },
      ms: 3_500,
      states: [
        'Pending waiting(ContainerCreating) rc=0',
        'Running running rc=0 ready',
        'Running terminated(OOMKilled) rc=0',
        'Running running last=OOMKilled rc=1 ready',
      ],
      events: [
        'Normal Pulled: Container image "tools:1" already present on machine and can be accessed by the pod',
        'Normal Created: Container created',
        'Normal Started: Container started',
      ],
    },
    {
      name: 'deadline',
      spec: { activeDeadlineSeconds: 6, terminationGracePeriodSeconds: 2, containers: [{}] },
      ms: 12_000,
      states: [
        'Pending waiting(ContainerCreating) rc=0',
        'Running running rc=0 ready',
        'Failed terminated(Error) rc=0',
      ],
      events: [
        'Normal Pulled: Container image "tools:1" already present on machine and can be accessed by the pod',
        'Normal Created: Container created',
        'Normal Started: Container started',
        'Normal DeadlineExceeded: Pod was active on the node longer than the specified deadline',
        'Normal Killing: Stopping container main',
      ],
    },
  ];
  for (const { name, spec, ms, states, events } of cases) {
    it(name, () => {
      const b = bed();
      const { uid } = b.pod(name, spec).metadata;
      b.world.advance(ms);
      expect(b.world.internalErrors).toEqual([]);
      expect(stateHistory(b, name)).toEqual(states);
      expect(b.events(name).map((e) => e.replace(uid, 'UID'))).toEqual(events);
    });
  }

  it('pulls a missing image and says how long it took', () => {
    const b = bed({ prePulled: [] });
    b.pod('p', { containers: [{}] });
    b.world.advance(10_000);
    expect(b.events('p')[1]).toMatch(
      /^Normal Pulled: Successfully pulled image "tools:1" in [\d.]+m?s \([\d.]+m?s including waiting\)\. Image size: 40000000 bytes\.$/,
    );
  });

  it('a mistake in a program is recorded as ours', () => {
    const b = bed();
    b.pod('p', { containers: [{ command: ['bug'] }] });
    b.world.advance(1_900);
    expect(b.world.internalErrors[0]?.message.split('\n')[0]).toBe(
      'program bug of ns/p/main/0: TypeError: broken program',
    );
  });
});
