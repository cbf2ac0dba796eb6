import { describe, expect, it } from 'vitest';
import { revisionHash } from '../../../src/sim/controllers/lib/revisions.ts';
import { podTemplateHash } from '../../../src/sim/controllers/lib/template-hash.ts';

/** What the API server of a real 1.35.4 stored, and the hashes its controllers gave. */
const defaults = {
  dnsPolicy: 'ClusterFirst',
  restartPolicy: 'Always',
  schedulerName: 'default-scheduler',
  securityContext: {},
};
const container = {
  image: 'busybox:1.36',
  imagePullPolicy: 'IfNotPresent',
  terminationMessagePath: '/dev/termination-log',
  terminationMessagePolicy: 'File',
};

describe('names derived from pod templates', () => {
  it('equal the pod-template-hash of a real cluster', () => {
    const template = {
      metadata: { labels: { app: 'web', zone: 'x' }, annotations: { note: 'hi "q"' } },
      spec: {
        ...defaults,
        terminationGracePeriodSeconds: 30,
        volumes: [
          { name: 'c', emptyDir: {} },
          { name: 'h', hostPath: { path: '/tmp/x', type: '' } },
        ],
        containers: [
          {
            ...container,
            name: 'main',
            command: ['sh', '-c', "trap 'exit 0' TERM; sleep 3600 & wait"],
            env: [
              { name: 'A', value: '1' },
              { name: 'B', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } },
            ],
            ports: [{ containerPort: 80, protocol: 'TCP' }],
            resources: { requests: { cpu: '10m', memory: '16Mi' }, limits: { cpu: '1', memory: '64Mi' } },
            readinessProbe: {
              exec: { command: ['true'] },
              failureThreshold: 3,
              periodSeconds: 1,
              successThreshold: 1,
              timeoutSeconds: 1,
            },
            volumeMounts: [{ name: 'c', mountPath: '/c' }],
          },
        ],
      },
    };
    expect(podTemplateHash(template)).toBe('5d7d94b47');
  });

  it('equal the revision hashes of a real daemon set and stateful set', () => {
    const sleep = { ...container, name: 'm', command: ['sleep', '3600'], resources: {} };
    const daemon = {
      metadata: { labels: { app: 'ds' } },
      spec: { ...defaults, terminationGracePeriodSeconds: 30, containers: [sleep] },
    };
    expect(podTemplateHash(daemon)).toBe('658fd9b95b');
    const stateful = {
      metadata: { labels: { app: 'db' } },
      spec: {
        ...defaults,
        terminationGracePeriodSeconds: 1,
        containers: [{ ...sleep, volumeMounts: [{ mountPath: '/d', name: 'data' }] }],
      },
    };
    expect(revisionHash(stateful, 0)).toBe('5fbd8dc9f7');
  });
});
