import { beforeAll, describe, expect, it } from 'vitest';
import { CHAOS, conditions, Lab } from './lab.ts';

const lab = new Lab();
beforeAll(() => lab.start());

const remove = (kind: string, name: string) => lab.send('DELETE', `${CHAOS}/${kind}/${name}`);
const get = (kind: string, name: string) => lab.send('GET', `${CHAOS}/${kind}/${name}`);

describe('PodChaos', () => {
  it('fails a pod for a time', async () => {
    await lab.chaos('PodChaos', 'failure', 'other', { action: 'pod-failure', duration: '60s' });
    await lab.pass(5);
    const running = await get('podchaos', 'failure');
    expect(running.metadata.finalizers).toEqual(['chaos-mesh/records']);
    expect(running.spec.selector).toEqual({ labelSelectors: { app: 'other' }, namespaces: ['shop'] });
    expect(conditions(running)).toBe('Selected AllInjected');
    const [record] = running.status.experiment.containerRecords;
    expect(record).toEqual({
      events: [{ operation: 'Apply', timestamp: record.events[0].timestamp, type: 'Succeeded' }],
      id: 'shop/other',
      injectedCount: 1,
      phase: 'Injected',
      recoveredCount: 0,
      selectorKey: '.',
    });
    const failed = await lab.getPod('other');
    expect(failed.spec.containers[0].image).toBe('gcr.io/google-containers/pause:latest');
    expect(failed.metadata.annotations).toEqual({
      'chaos-mesh-failure-pod-failure-main-normal-image': 'busybox:1.36',
    });
    await lab.pass(60);
    const over = await get('podchaos', 'failure');
    expect([over.status.experiment.desiredPhase, conditions(over)]).toEqual(['Stop', 'Selected AllRecovered']);
    expect((await lab.getPod('other')).spec.containers[0].image).toBe('busybox:1.36');
    expect([...new Set(await lab.events('failure'))].sort()).toEqual([
      'desiredphase Started: Experiment has started',
      'desiredphase TimeUp: Time up according to the duration',
      'desiredphase Updated: Successfully update desiredPhase of resource',
      'initFinalizers FinalizerInited: Finalizer has been inited',
      'initFinalizers Updated: Successfully update finalizer of resource',
      'records Applied: Successfully apply chaos for shop/other',
      'records Recovered: Successfully recover chaos for shop/other',
      'records Updated: Successfully update records of resource',
    ]);
    await remove('podchaos', 'failure');
    await lab.pass(1);
    expect((await get('podchaos', 'failure')).reason).toBe('NotFound');
  });

  it('mends what it has failed when it is deleted', async () => {
    await lab.chaos('PodChaos', 'failure', 'other', { action: 'pod-failure' });
    await lab.pass(3);
    await remove('podchaos', 'failure');
    await lab.pass(1);
    expect((await lab.getPod('other')).spec.containers[0].image).toBe('busybox:1.36');
    expect((await get('podchaos', 'failure')).reason).toBe('NotFound');
  });

  it('kills a container once', async () => {
    const before = await lab.restarts('client');
    const spec = { action: 'container-kill', duration: '1s', containerNames: ['main'] };
    await lab.chaos('PodChaos', 'kill', 'client', spec);
    await lab.pass(5);
    expect(await lab.restarts('client')).toBe(before + 1);
    const { experiment } = (await get('podchaos', 'kill')).status;
    expect(experiment.desiredPhase).toBe('Run');
    expect(experiment.containerRecords[0]).toMatchObject({ id: 'shop/client/main', phase: 'Injected' });
    await remove('podchaos', 'kill');
    await lab.pass(1);
    expect((await get('podchaos', 'kill')).reason).toBe('NotFound');
  });

  it('deletes pods', async () => {
    await lab.pod('victim', 'exec sleep 1000000');
    await lab.pass(4);
    await lab.chaos('PodChaos', 'pod-kill', 'victim', { action: 'pod-kill', mode: 'one' });
    await lab.pass(3);
    expect((await lab.getPod('victim')).reason).toBe('NotFound');
    await remove('podchaos', 'pod-kill');
  });

  it('refuses what it does not know, and tells when it finds nobody', async () => {
    const refused = await lab.chaos('PodChaos', 'bad', 'client', { action: 'explode', mode: 'some', duration: 'soon' });
    expect(refused.message).toContain(
      'PodChaos.chaos-mesh.org "bad" is invalid: [spec.action: Unsupported value: "explode": ',
    );
    for (const why of [
      'spec.action: Unsupported value: "explode": supported values: "pod-kill", "pod-failure", "container-kill"',
      `spec.duration: Invalid value: "soon": spec.duration in body should match '^([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$'`,
      'spec.mode: Unsupported value: "some": supported values: "one", "all", "fixed", "fixed-percent", "random-max-percent"',
    ])
      expect(refused.message).toContain(why);
    await lab.chaos('PodChaos', 'nobody', 'nobody', { action: 'pod-kill' });
    await lab.pass(2);
    expect(conditions(await get('podchaos', 'nobody'))).toBe('');
    expect(await lab.events('nobody')).toContain('records Failed: Failed to select targets: no pod is selected');
    await remove('podchaos', 'nobody');
    await lab.pass(1);
    expect((await get('podchaos', 'nobody')).reason).toBe('NotFound');
  });
});

describe('an experiment that does not work', () => {
  it('is tried again, and says why', async () => {
    const images = { containers: [{ name: 'main', image: 'registry.example/none:1' }] };
    await lab.send('POST', '/api/v1/namespaces/shop/pods', {
      metadata: { name: 'idle', labels: { app: 'idle' } },
      spec: images,
    });
    await lab.chaos('PodChaos', 'idle', 'idle', { action: 'container-kill', containerNames: ['main'] });
    await lab.pass(30);
    const { conditions: _, experiment } = (await get('podchaos', 'idle')).status;
    expect(experiment.containerRecords[0]).toMatchObject({ phase: 'Not Injected', injectedCount: 0 });
    const { events } = experiment.containerRecords[0];
    expect(events).toHaveLength(3);
    const message = 'container main of pod shop/idle does not run';
    expect(events[2]).toMatchObject({ message, operation: 'Apply', type: 'Failed' });
    expect(await lab.events('idle')).toContain(`records Failed: Failed to apply chaos: ${message}`);
    await remove('podchaos', 'idle');
    await lab.pass(1);
    expect((await get('podchaos', 'idle')).reason).toBe('NotFound');
  });
});

describe('NetworkChaos', () => {
  it('delays what pods send, until it is paused', async () => {
    expect(await lab.fetch('client')).toBeLessThan(0.5);
    await lab.chaos('NetworkChaos', 'delay', 'server', { action: 'delay', delay: { latency: '700ms' } });
    await lab.pass(2);
    expect((await get('networkchaos', 'delay')).spec).toMatchObject({
      direction: 'to',
      delay: { latency: '700ms', jitter: '0ms', correlation: '0' },
    });
    expect(await lab.fetch('client')).toBeGreaterThan(1.3);
    const annotations = { 'experiment.chaos-mesh.org/pause': 'true' };
    await lab.send(
      'PATCH',
      `${CHAOS}/networkchaos/delay`,
      { metadata: { annotations } },
      'application/merge-patch+json',
    );
    await lab.pass(2);
    expect(conditions(await get('networkchaos', 'delay'))).toBe('Selected AllRecovered Paused');
    expect(await lab.fetch('client')).toBeLessThan(0.5);
    await remove('networkchaos', 'delay');
  });

  it('says what is missing where no webhook has', async () => {
    await lab.chaos('NetworkChaos', 'vague', 'server', { action: 'loss' });
    await lab.pass(2);
    expect(await lab.events('vague')).toContain(
      'records Failed: Failed to apply chaos: spec.loss: Required value: the action is loss',
    );
    await remove('networkchaos', 'vague');
  });

  it.each(['to', 'from', 'both'])(
    'cuts two sets of pods off from each other (%s), and nobody else',
    async (direction) => {
      const target = { mode: 'all', selector: { labelSelectors: { app: 'client' } } };
      await lab.chaos('NetworkChaos', 'cut', 'server', { action: 'partition', direction, target });
      await lab.pass(2);
      const keys = (await get('networkchaos', 'cut')).status.experiment.containerRecords.map(
        (one: { selectorKey: string; id: string }) => `${one.selectorKey} ${one.id}`,
      );
      expect(keys).toEqual(['. shop/server', '.Target shop/client']);
      expect(await lab.fetch('client')).toBeUndefined();
      expect(await lab.fetch('other')).toBeLessThan(0.5);
      await remove('networkchaos', 'cut');
      await lab.pass(1);
      expect(await lab.fetch('client')).toBeLessThan(0.5);
    },
  );

  it('loses all packets or none when each shares the fate of the one before', async () => {
    await lab.chaos('NetworkChaos', 'loss', 'server', { action: 'loss', loss: { loss: '99', correlation: '100' } });
    await lab.pass(2);
    expect(await lab.fetch('client')).toBeUndefined();
    await remove('networkchaos', 'loss');
    await lab.pass(1);
    await lab.chaos('NetworkChaos', 'loss', 'server', { action: 'loss', loss: { loss: '30', correlation: '100' } });
    await lab.pass(2);
    expect(await lab.fetch('client')).toBeLessThan(0.5);
    await remove('networkchaos', 'loss');
  });
});

describe('the webhooks that the real chart registers', () => {
  const ADMISSION = '/apis/admissionregistration.k8s.io/v1';
  const register = (kind: 'Mutating' | 'Validating', verb: string) =>
    lab.send('POST', `${ADMISSION}/${kind.toLowerCase()}webhookconfigurations`, {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: `${kind}WebhookConfiguration`,
      metadata: { name: `chaos-mesh-${verb}` },
      webhooks: ['podchaos', 'networkchaos'].map((resource) => ({
        name: `${verb[0]}${resource}.kb.io`,
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        clientConfig: {
          caBundle: btoa(
            lab.cluster.simulation.api
              .client({ user: { username: 'a', groups: [] }, fieldManager: 'a' })
              .get('v1/ConfigMap', 'default', 'kube-root-ca.crt')?.['data']['ca.crt'] as string,
          ),
          service: { name: 'webhook', namespace: 'chaos-mesh', path: `/${verb}-chaos-mesh-org-v1alpha1-${resource}` },
        },
        rules: [
          { apiGroups: ['chaos-mesh.org'], apiVersions: ['v1alpha1'], operations: ['CREATE'], resources: [resource] },
        ],
      })),
    });

  it('complete and refuse experiments', async () => {
    await lab.send('POST', '/api/v1/namespaces/chaos-mesh/services', {
      metadata: { name: 'webhook' },
      spec: {
        selector: { 'app.kubernetes.io/component': 'controller-manager' },
        ports: [{ port: 443, targetPort: 10250 }],
      },
    });
    await register('Mutating', 'mutate');
    await register('Validating', 'validate');
    await lab.pass(2);
    const made = await lab.chaos('NetworkChaos', 'made', 'client', { action: 'delay', delay: { latency: '1ms' } });
    expect(made.spec).toMatchObject({ direction: 'to', selector: { namespaces: ['shop'] }, delay: { jitter: '0ms' } });
    await remove('networkchaos', 'made');
    expect((await lab.chaos('PodChaos', 'nameless', 'client', { action: 'container-kill' })).message).toBe(
      'admission webhook "vpodchaos.kb.io" denied the request: spec.containerNames: Invalid value: "null": the name of container is ' +
        'empty on container-kill action',
    );
    expect((await lab.chaos('NetworkChaos', 'aimless', 'client', { action: 'loss' })).message).toContain(
      'admission webhook "vnetworkchaos.kb.io" denied the request: spec.loss: Required value',
    );
    for (const kind of ['mutating', 'validating'])
      await lab.send(
        'DELETE',
        `${ADMISSION}/${kind}webhookconfigurations/chaos-mesh-${kind === 'mutating' ? 'mutate' : 'validate'}`,
      );
  });
});

describe('the controller', () => {
  const scale = (replicas: number) =>
    lab.send(
      'PATCH',
      '/apis/apps/v1/namespaces/chaos-mesh/deployments/chaos-controller-manager/scale',
      { spec: { replicas } },
      'application/merge-patch+json',
    );

  it('lives in its pods', async () => {
    await scale(0);
    await lab.pass(40);
    const before = await lab.restarts('client');
    await lab.chaos('PodChaos', 'late', 'client', { action: 'container-kill', containerNames: ['main'] });
    await lab.pass(5);
    expect((await get('podchaos', 'late')).status).toBeUndefined();
    await scale(2);
    await lab.pass(30);
    expect(conditions(await get('podchaos', 'late'))).toBe('Selected AllInjected');
    expect(await lab.restarts('client')).toBe(before + 1);
    await remove('podchaos', 'late');
  });

  it('makes experiments by a schedule, one after the other, and forgets the old ones', async () => {
    await lab.pod('fresh', 'exec sleep 1000000');
    await lab.pass(4);
    const selector = { namespaces: ['shop'], labelSelectors: { app: 'fresh' } };
    await lab.send('POST', `${CHAOS}/schedules`, {
      apiVersion: 'chaos-mesh.org/v1alpha1',
      kind: 'Schedule',
      metadata: { name: 'again' },
      spec: {
        schedule: '@every 60s',
        type: 'PodChaos',
        historyLimit: 1,
        podChaos: { action: 'container-kill', mode: 'all', selector, containerNames: ['main'] },
      },
    });
    await lab.pass(30);
    expect(await lab.restarts('fresh')).toBe(0);
    await lab.pass(185);
    expect(await lab.restarts('fresh')).toBe(3);
    const made = await lab.send('GET', `${CHAOS}/podchaos`);
    expect(made.items).toHaveLength(1);
    expect(made.items[0].metadata).toMatchObject({
      name: expect.stringMatching(/^again-[a-z0-9]{5}$/),
      labels: { 'managed-by': 'again' },
      ownerReferences: [{ kind: 'Schedule', name: 'again', controller: true }],
    });
    await remove('schedules', 'again');
    await lab.pass(3);
    expect((await lab.send('GET', `${CHAOS}/podchaos`)).items).toEqual([]);
    await lab.pass(120);
    expect(await lab.restarts('fresh')).toBe(3);
  });
});
