import { describe, expect, it } from 'vitest';
import { HOTELS, type KubeJson, Lab, NAMESPACE, USER } from './lab.ts';

const MERGE = 'application/merge-patch+json';

async function setContainer(lab: Lab, name: string, fields: object): Promise<void> {
  await lab.api('PATCH', lab.deploymentPath(name), {
    spec: { template: { spec: { containers: [{ name: `hotel-reserv-${name}`, ...fields }] } } },
  });
}

/** The pod of the newest template, once it exists. */
async function newPod(lab: Lab, service: string, old: string): Promise<KubeJson> {
  const find = async (): Promise<KubeJson> =>
    (await lab.pods(service)).find((pod: KubeJson) => pod.metadata.name !== old && pod.status.containerStatuses);
  await lab.until(async () => (await find()) !== undefined);
  return find();
}

describe('a crash loop', () => {
  it('backs off 10, 20, 40 … s and shows Error meanwhile', async () => {
    const lab = await Lab.open('crash loop');
    await lab.scale('consul', 0);
    await lab.sleep(2_000);
    const old = (await lab.pod('geo')).metadata.name;
    await lab.deletePod('geo');
    const starts: number[] = [];
    const shown: string[] = [];
    let attempt = -1;
    const endMs = lab.nowMs + 125_000;
    while (lab.nowMs < endMs) {
      const [status] = (await lab.pods('geo'))
        .filter((pod: KubeJson) => pod.metadata.name !== old)
        .flatMap((pod: KubeJson) => pod.status.containerStatuses ?? []);
      const begun = status?.state.running?.startedAt ?? status?.state.terminated?.startedAt;
      // Two attempts may begin within one second, which is all that time stamps tell.
      if (begun && status.restartCount !== attempt) starts.push(Date.parse(begun));
      if (begun) attempt = status.restartCount;
      if (status?.state.terminated) shown.push(status.state.terminated.reason);
      if (status?.state.waiting && status.restartCount > 0) shown.push(status.state.waiting.reason);
      await lab.sleep(400);
    }
    const gaps = starts.slice(1).map((start, index) => (start - (starts[index] as number)) / 1000);
    expect(gaps.length).toBeGreaterThanOrEqual(4);
    // measured 1, 12.9 and 25.2 s: the back-off, lengthened by up to a half; time stamps are whole seconds
    for (const [index, backoff] of [1, 10, 20, 40].entries()) {
      expect(gaps[index]).toBeGreaterThanOrEqual(backoff - 1);
      expect(gaps[index]).toBeLessThanOrEqual(backoff * 1.5 + 2);
    }
    const errors = shown.filter((reason) => reason === 'Error').length;
    expect(errors / shown.length).toBeGreaterThan(0.8);
    const { metadata, status } = await lab.pod('geo');
    const events = await lab.events('Pod', metadata.name);
    expect(events).toEqual(
      expect.arrayContaining([
        `Normal Scheduled Successfully assigned ${NAMESPACE}/${metadata.name} to ${(await lab.pod('geo')).spec.nodeName}`,
        'Normal Pulled Container image "yinfangchen/hotelreservation:latest" already present on machine and can be accessed by the pod',
        'Normal Created Container created',
        'Normal Started Container started',
        `Warning BackOff Back-off restarting failed container hotel-reserv-geo in pod ${metadata.name}_${NAMESPACE}(${metadata.uid})`,
      ]),
    );
    expect(await lab.kubectl('get pods -l io.kompose.service=geo')).toMatch(
      new RegExp(
        `^${metadata.name} +0/1 +Error +${status.containerStatuses[0].restartCount} \\(\\S+ ago\\) +\\S+$`,
        'm',
      ),
    );
  });
});

describe('events of the controllers', () => {
  it('tell what was scaled', async () => {
    const lab = await Lab.open('scale events');
    const pod = (await lab.pod('user')).metadata.name;
    const set = pod.replace(/-[^-]+$/, '');
    await lab.scale('user', 0);
    await lab.sleep(2_000);
    expect(await lab.events('Deployment', 'user')).toContain(
      `Normal ScalingReplicaSet Scaled down replica set ${set} from 1 to 0`,
    );
    expect(await lab.events('ReplicaSet', set)).toContain(`Normal SuccessfulDelete Deleted pod: ${pod}`);
    expect(await lab.events('Pod', pod)).toContain('Normal Killing Stopping container hotel-reserv-user');
    const table = await lab.kubectl('get endpoints user');
    expect(table).toContain('Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice');
    expect(table).toMatch(/^user +<none> +/m);
  });
});

describe('a container that cannot start', () => {
  it('names the program that is not in the image', async () => {
    const lab = await Lab.open('no program');
    const old = (await lab.pod('profile')).metadata.name;
    await setContainer(lab, 'profile', { command: ['profil'] });
    const pod = await newPod(lab, 'profile', old);
    await lab.sleep(8_000);
    const found = (await lab.pods('profile')).find((p: KubeJson) => p.metadata.name === pod.metadata.name);
    const [status] = found.status.containerStatuses;
    const message =
      'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "profil": executable file not found in $PATH: unknown';
    const shown = [status.state.waiting?.reason, status.state.terminated?.reason];
    expect(shown.some((reason) => ['RunContainerError', 'CrashLoopBackOff', 'StartError'].includes(reason))).toBe(true);
    const ended = status.state.terminated ?? status.lastState.terminated;
    expect(ended).toMatchObject({ exitCode: 128, reason: 'StartError', startedAt: '1970-01-01T00:00:00Z' });
    expect(ended.message).toBe(message);
    const events = await lab.events('Pod', pod.metadata.name);
    expect(events.some((event) => event.startsWith(`Warning Failed Error: ${message}`))).toBe(true);
    expect(status.restartCount).toBeGreaterThan(0);
    expect(await lab.log('profile', { pod: pod.metadata.name })).toEqual(['']);
    // the old pod of the rolling update serves on
    expect((await lab.http(HOTELS)).status).toBe(200);
  });

  it('is what pod-failure makes: the image of a pause program under the command of the service', async () => {
    const lab = await Lab.open('pod failure');
    const pod = await lab.pod('user');
    const image = (to: string): object => ({ spec: { containers: [{ name: 'hotel-reserv-user', image: to }] } });
    await lab.api('PATCH', `pods/${pod.metadata.name}`, image('gcr.io/google-containers/pause:latest'));
    await lab.sleep(22_000);
    const failed = await lab.pod('user');
    expect(failed.status.phase).toBe('Running');
    const [status] = failed.status.containerStatuses;
    expect(status.ready).toBe(false);
    expect(status.restartCount).toBeGreaterThanOrEqual(2);
    expect(status.restartCount).toBeLessThanOrEqual(3);
    const events = await lab.events('Pod', pod.metadata.name);
    expect(events).toEqual(
      expect.arrayContaining([
        'Normal Killing Container hotel-reserv-user definition changed, will be restarted',
        expect.stringMatching(/^Warning Failed Error: .*exec: "user": executable file not found in \$PATH/),
        expect.stringMatching(/^Warning BackOff Back-off restarting failed container hotel-reserv-user in pod /),
        expect.stringMatching(/^Normal Pulled .*gcr\.io\/google-containers\/pause:latest/),
      ]),
    );
    expect(await lab.kubectl('get pods -l io.kompose.service=user')).toMatch(
      /0\/1 +(RunContainerError|CrashLoopBackOff|StartError) +\d /,
    );
    expect((await lab.http(USER, 'POST')).body).toContain('there is no connection available');
    await lab.api('PATCH', `pods/${pod.metadata.name}`, image('yinfangchen/hotelreservation:latest'));
    expect(await lab.until(async () => (await lab.http(USER, 'POST')).status === 200, 120_000, 500)).toBeLessThan(
      60_000,
    );
  });

  it('waits for an image that cannot be pulled', async () => {
    const lab = await Lab.open('no image');
    const old = (await lab.pod('geo')).metadata.name;
    await setContainer(lab, 'geo', { image: 'yinfangchen/geo:nope' });
    const pod = await newPod(lab, 'geo', old);
    const reasons = new Set<string>();
    for (let i = 0; i < 60; i++) {
      const found = (await lab.pods('geo')).find((p: KubeJson) => p.metadata.name === pod.metadata.name);
      const reason = found.status.containerStatuses?.[0]?.state.waiting?.reason;
      if (reason) reasons.add(reason);
      await lab.sleep(1_000);
    }
    expect(reasons).toEqual(new Set(['ContainerCreating', 'ErrImagePull', 'ImagePullBackOff']));
    const events = await lab.events('Pod', pod.metadata.name);
    const image = 'docker.io/yinfangchen/geo:nope';
    expect(events).toEqual(
      expect.arrayContaining([
        'Normal Pulling Pulling image "yinfangchen/geo:nope"',
        expect.stringContaining('Warning Failed Failed to pull image "yinfangchen/geo:nope": '),
        'Warning Failed Error: ErrImagePull',
        expect.stringContaining('Normal BackOff Back-off pulling image "yinfangchen/geo:nope"'),
        'Warning Failed Error: ImagePullBackOff',
      ]),
    );
    expect(events.find((event) => event.includes('Failed to pull'))).toContain(
      `failed to pull and unpack image "${image}": failed to resolve reference "${image}": `,
    );
    expect((await lab.http(HOTELS)).status).toBe(200);
  });

  it('waits for a ConfigMap that is not there', async () => {
    const lab = await Lab.open('no config map');
    await lab.api('DELETE', 'configmaps/mongo-geo-script');
    await lab.deletePod('mongodb-geo');
    await lab.sleep(20_000);
    const pod = await lab.pod('mongodb-geo');
    expect(pod.status.containerStatuses[0].state).toEqual({ waiting: { reason: 'ContainerCreating' } });
    expect(await lab.events('Pod', pod.metadata.name)).toContain(
      'Warning FailedMount MountVolume.SetUp failed for volume "init-script" : configmap "mongo-geo-script" not found',
    );
    expect(await lab.kubectl('get pods -l io.kompose.service=mongodb-geo')).toMatch(/0\/1 +ContainerCreating +0 +/);
  });
});

describe('a request that fits no node', () => {
  it('leaves the new pod pending and the old one serving', async () => {
    const lab = await Lab.open('no cpu');
    const old = (await lab.pod('frontend')).metadata.name;
    await setContainer(lab, 'frontend', { resources: { requests: { cpu: '100' }, limits: { cpu: '100' } } });
    await lab.sleep(5_000);
    const pod = (await lab.pods('frontend')).find((p: KubeJson) => p.metadata.name !== old);
    expect(pod.status.phase).toBe('Pending');
    const [event] = (await lab.events('Pod', pod.metadata.name)).filter((text) => text.includes('FailedScheduling'));
    expect(event).toMatch(
      /^Warning FailedScheduling 0\/3 nodes are available: .*2 Insufficient cpu.*\. .*preemption: 0\/3 nodes are available: /,
    );
    expect((await lab.http(HOTELS)).status).toBe(200);
  });
});

describe('a database without its volume', () => {
  it('waits, and its service with it', async () => {
    const lab = await Lab.open('no volume');
    await lab.scale('mongodb-geo', 0);
    await lab.sleep(3_000);
    const claim = await lab.api('GET', 'persistentvolumeclaims/geo-pvc');
    await lab.api('DELETE', 'persistentvolumeclaims/geo-pvc');
    await lab.sleep(2_000);
    const volume = await lab.kubectl('get pv geo-pv');
    expect(volume).toMatch(
      /^geo-pv +1Gi +RWO +Retain +Released +test-hotel-reservation\/geo-pvc +geo-storage +<unset> +\S+$/m,
    );
    const { accessModes, resources, storageClassName } = claim.spec;
    await lab.api('POST', 'persistentvolumeclaims', {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'geo-pvc' },
      spec: { accessModes, resources, storageClassName },
    });
    await lab.scale('mongodb-geo', 1);
    await lab.sleep(20_000);
    const pod = await lab.pod('mongodb-geo');
    expect(pod.status.phase).toBe('Pending');
    expect((await lab.events('Pod', pod.metadata.name)).join('\n')).toContain(
      'Warning FailedScheduling 0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found',
    );
    expect(await lab.events('PersistentVolumeClaim', 'geo-pvc')).toContain(
      'Warning ProvisioningFailed storageclass.storage.k8s.io "geo-storage" not found',
    );
    expect(await lab.kubectl('get pvc geo-pvc')).toMatch(/^geo-pvc +Pending +geo-storage +<unset> +\S+$/m);
    await lab.deletePod('geo');
    await lab.sleep(6_000);
    expect((await lab.container('geo')).state).toHaveProperty('running');
    await lab.api('PATCH', '/api/v1/persistentvolumes/geo-pv', { spec: { claimRef: null } }, MERGE);
    await lab.until(async () => (await lab.http(HOTELS)).status === 200, 120_000, 1_000);
    expect((await lab.pod('mongodb-geo')).status.phase).toBe('Running');
  });
});
