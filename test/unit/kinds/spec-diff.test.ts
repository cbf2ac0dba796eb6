import { expect, it } from 'vitest';
import { specDiff } from '../../../src/sim/api/kinds/common/spec-diff.ts';

const container = { name: 'main', image: 'busybox:1.36', command: ['sleep', '3600'] };

it('counts lines in the shape of the internal type, whose unset fields are there', () => {
  const before = { containers: [container], restartPolicy: 'Always', nodeName: 'node-1', dnsPolicy: 'ClusterFirst' };
  expect(specDiff(before, { ...before, nodeName: 'other' }, 'PodSpec')).toBe(
    '@@ -45,7 +45,7 @@\n  "NodeSelector": null,\n  "ServiceAccountName": "",\n  "AutomountServiceAccountToken": null,\n' +
      '- "NodeName": "node-1",\n+ "NodeName": "other",\n  "SecurityContext": {\n   "HostNetwork": false,\n   "HostPID": false,\n',
  );
});

it('keeps the keys of resource lists', () => {
  const claim = (storage: string) => ({ accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } });
  expect(specDiff(claim('1Gi'), claim('2Gi'), 'PersistentVolumeClaimSpec')).toBe(
    '@@ -6,7 +6,7 @@\n  "Resources": {\n   "Limits": null,\n   "Requests": {\n-   "storage": "1Gi"\n+   "storage": "2Gi"\n   }\n  },\n' +
      '  "VolumeName": "",\n',
  );
});

it('shows changes that lie apart as hunks of their own', () => {
  const spec = { containers: [container], restartPolicy: 'Always' };
  const changed = { ...spec, restartPolicy: 'Never', containers: [{ ...container, command: ['sleep', '1'] }] };
  expect(specDiff(spec, changed, 'PodSpec').match(/^@@.*@@$/gm)).toEqual(['@@ -7,7 +7,7 @@', '@@ -38,7 +38,7 @@']);
});

it('adds a field where there was none', () => {
  const after = { ...container, env: [{ name: 'A', value: 'b' }] };
  expect(specDiff(container, after, 'EphemeralContainer')).toBe(
    '@@ -9,7 +9,13 @@\n  "WorkingDir": "",\n  "Ports": null,\n  "EnvFrom": null,\n- "Env": null,\n' +
      '+ "Env": [\n+  {\n+   "Name": "A",\n+   "Value": "b",\n+   "ValueFrom": null\n+  }\n+ ],\n' +
      '  "Resources": {\n   "Limits": null,\n   "Requests": null,\n',
  );
});
