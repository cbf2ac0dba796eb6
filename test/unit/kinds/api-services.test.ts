import { describe, expect, it } from 'vitest';
import type { Json } from '../../../src/kube/object.ts';
import { createSimulation } from '../../../src/sim/simulation.ts';

const KIND = 'apiregistration.k8s.io/v1/APIService';
const admin = { user: { username: 'admin', groups: ['system:masters'] }, fieldManager: 'test' };

function cluster() {
  const { world, api } = createSimulation({ seed: 1, addons: false });
  const client = api.client(admin);
  const available = (name: string): string => {
    world.advance(2_000);
    const { status, reason, message } = client.get(KIND, undefined, name)?.status.conditions[0] ?? {};
    return `${status} ${reason}: ${message}`;
  };
  return { world, client, available };
}

/** As a real Kubernetes 1.35 has them. */
describe('APIServices', () => {
  it('stand for every version that the server serves itself', () => {
    const { client, available } = cluster();
    const names = client.list(KIND).map(({ metadata }) => metadata.name);
    expect(names).toHaveLength(21);
    expect(names.slice(0, 4)).toEqual(['v1.', 'v1.admissionregistration.k8s.io', 'v1.apiextensions.k8s.io', 'v1.apps']);
    expect(available('v1.apps')).toBe('True Local: Local APIServices are always available');
  });

  it('come and go with the versions of custom resources', () => {
    const { world, client, available } = cluster();
    const schema = { openAPIV3Schema: { type: 'object' } };
    client.create({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'lamps.example.org' },
      spec: {
        group: 'example.org',
        scope: 'Namespaced',
        names: { plural: 'lamps', singular: 'lamp', kind: 'Lamp', listKind: 'LampList' },
        versions: [
          { name: 'v1', served: true, storage: true, schema },
          { name: 'v1beta1', served: false, storage: false, schema },
        ],
      },
    });
    expect(available('v1.example.org')).toBe('True Local: Local APIServices are always available');
    const { spec, metadata } = client.get(KIND, undefined, 'v1.example.org') as Json;
    expect(spec).toEqual({ group: 'example.org', groupPriorityMinimum: 1000, version: 'v1', versionPriority: 100 });
    expect(metadata.labels).toEqual({ 'kube-aggregator.kubernetes.io/automanaged': 'true' });
    expect(client.get(KIND, undefined, 'v1beta1.example.org')).toBeUndefined();
    client.delete('apiextensions.k8s.io/v1/CustomResourceDefinition', undefined, 'lamps.example.org');
    world.advance(5_000);
    expect(client.get(KIND, undefined, 'v1.example.org')).toBeUndefined();
  });

  it('say whether the Service behind them can answer', () => {
    const { client, available } = cluster();
    client.create({
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: 'v1.far.example.org' },
      spec: {
        group: 'far.example.org',
        version: 'v1',
        groupPriorityMinimum: 100,
        versionPriority: 100,
        service: { name: 'far', namespace: 'default' },
      },
    });
    expect(available('v1.far.example.org')).toBe('False ServiceNotFound: service/far in "default" is not present');
    client.create({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'far', namespace: 'default' },
      spec: { selector: { app: 'far' }, ports: [{ name: 'tls', port: 443 }] },
    });
    expect(available('v1.far.example.org')).toBe(
      'False MissingEndpoints: endpointslices for service/far in "default" have no addresses with port name "tls"',
    );
  });
});
