import { beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../../../src/kube/object.ts';
import { createSimulation, type Simulation } from '../../../src/sim/simulation.ts';
import { ADMIN } from './helpers.ts';

const MAPS = '/api/v1/namespaces/hooked/configmaps';
const HOOKS = '/apis/admissionregistration.k8s.io/v1';
/** Answers reviews as a CGI script: names that begin with `no` are refused, others get a label. */
const SCRIPT = `#!/bin/sh
body=$(cat)
uid=$(echo "$body" | grep -o '"uid":"[^"]*"' | head -n 1 | cut -d '"' -f 4)
name=$(echo "$body" | grep -o '"name":"[^"]*","namespace"' | head -n 1 | cut -d '"' -f 4)
echo "Content-Type: application/json"
echo
case "$name" in
no*) echo "{\\"kind\\":\\"AdmissionReview\\",\\"apiVersion\\":\\"admission.k8s.io/v1\\",\\"response\\":{\\"uid\\":\\"$uid\\",\\"allowed\\":false,\\"status\\":{\\"message\\":\\"not $name\\",\\"code\\":403}}}" ;;
*) patch=$(echo -n '[{"op":"add","path":"/data/seen","value":"yes"}]' | base64 -w 0)
echo "{\\"kind\\":\\"AdmissionReview\\",\\"apiVersion\\":\\"admission.k8s.io/v1\\",\\"response\\":{\\"uid\\":\\"$uid\\",\\"allowed\\":true,\\"patchType\\":\\"JSONPatch\\",\\"patch\\":\\"$patch\\",\\"warnings\\":[\\"looked at $name\\"]}}" ;;
esac
`;

let simulation: Simulation;

function call(method: string, path: string, body?: Json): { status: number; body: Json; warning?: string } {
  let answer: { status: number; body: Json; warning?: string } | undefined;
  simulation.api.handler.handle(
    {
      method,
      path,
      headers: { 'content-type': 'application/json', 'user-agent': 'test' },
      body: body === undefined ? undefined : JSON.stringify(body),
      user: ADMIN,
    },
    ({ status, body: text, headers }) => {
      answer = { status, body: JSON.parse(text), ...(headers['warning'] ? { warning: headers['warning'] } : {}) };
    },
  );
  simulation.world.runUntil(() => answer !== undefined, 60_000);
  if (!answer) throw new Error('no answer');
  return answer;
}

const hook = (kind: string, service: string, own: Json = {}): Json => ({
  kind: `${kind}WebhookConfiguration`,
  apiVersion: 'admissionregistration.k8s.io/v1',
  metadata: { name: 'hook' },
  webhooks: [
    {
      name: 'check.example.org',
      clientConfig: { service: { name: service, namespace: 'hooked', path: '/cgi-bin/check' }, caBundle: 'Y2E=' },
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'hooked' } },
      rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }],
      ...own,
    },
  ],
});

const map = (name: string): Json => ({ metadata: { name }, data: { a: 'b' } });

beforeAll(() => {
  simulation = createSimulation({ seed: 'webhooks' });
  call('POST', '/api/v1/namespaces', { metadata: { name: 'hooked' } });
  simulation.world.advance(1_000);
  const script = `mkdir -p /www/cgi-bin; cat > /www/cgi-bin/check <<'END'\n${SCRIPT}END\nchmod +x /www/cgi-bin/check; httpd -f -p 8443 -h /www`;
  const container = { name: 'main', image: 'busybox:1.36', command: ['sh', '-c', script] };
  const pod = { metadata: { name: 'check', labels: { app: 'check' } }, spec: { containers: [container] } };
  expect(call('POST', '/api/v1/namespaces/hooked/pods', pod).status).toBe(201);
  const ports = [{ port: 443, targetPort: 8443 }];
  call('POST', '/api/v1/namespaces/hooked/services', {
    metadata: { name: 'check' },
    spec: { selector: { app: 'check' }, ports },
  });
  call('POST', '/api/v1/namespaces/hooked/services', {
    metadata: { name: 'empty' },
    spec: { selector: { app: 'nobody' }, ports },
  });
  simulation.world.advance(10_000);
});

describe('admission webhooks', () => {
  it('let a server in the cluster change and refuse what is written', () => {
    call('POST', `${HOOKS}/mutatingwebhookconfigurations`, hook('Mutating', 'check'));
    const changed = call('POST', MAPS, map('first'));
    expect([changed.status, changed.body.data, changed.warning]).toEqual([
      201,
      { a: 'b', seen: 'yes' },
      '299 - "looked at first"',
    ]);
    const refused = call('POST', MAPS, map('nothing'));
    expect([refused.status, refused.body.message]).toEqual([
      403,
      'admission webhook "check.example.org" denied the request: not nothing',
    ]);
    expect(call('DELETE', `${HOOKS}/mutatingwebhookconfigurations/hook`).status).toBe(200);
  });

  it('stand in the way when they cannot be asked, unless that does not matter', () => {
    const fails = (service: string, own: Json = {}): string => {
      call('POST', `${HOOKS}/validatingwebhookconfigurations`, hook('Validating', service, own));
      const { status, body } = call('POST', `${MAPS}?dryRun=All`, map('any'));
      call('DELETE', `${HOOKS}/validatingwebhookconfigurations/hook`);
      return status === 201 ? 'created' : body.message;
    };
    const said = 'Internal error occurred: failed calling webhook "check.example.org": failed to call webhook: Post';
    expect(fails('nothing')).toBe(
      `${said} "https://nothing.hooked.svc:443/cgi-bin/check?timeout=10s": service "nothing" not found`,
    );
    expect(fails('empty')).toMatch(/: dial tcp 10\.[\d.]+:443: connect: connection refused$/);
    expect(fails('nothing', { failurePolicy: 'Ignore' })).toBe('created');
    expect(
      fails('nothing', { matchConditions: [{ name: 'other', expression: 'object.metadata.name == "other"' }] }),
    ).toBe('created');
    const service = { name: 'check', namespace: 'hooked', path: '/cgi-bin/check' };
    expect(fails('check', { clientConfig: { service } })).toMatch(/x509: certificate signed by unknown authority$/);
    expect(
      fails('check', { clientConfig: { service: { ...service, path: '/cgi-bin/nothing' }, caBundle: 'Y2E=' } }),
    ).toMatch(/: the server could not find the requested resource$/);
  });

  it('are told by controllers in events', () => {
    const pods = { rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }] };
    call('POST', `${HOOKS}/validatingwebhookconfigurations`, hook('Validating', 'nothing', pods));
    const labels = { app: 'late' };
    const template = { metadata: { labels }, spec: { containers: [{ name: 'a', image: 'busybox:1.36' }] } };
    const spec = { selector: { matchLabels: labels }, template };
    call('POST', '/apis/apps/v1/namespaces/hooked/deployments', { metadata: { name: 'late' }, spec });
    simulation.world.advance(3_000);
    const { items } = call('GET', '/api/v1/namespaces/hooked/events').body;
    expect(items.find((event: Json) => event.reason === 'FailedCreate')?.message).toBe(
      'Error creating: Internal error occurred: failed calling webhook "check.example.org": failed to call webhook: Post "https://nothing.hooked.svc:443/cgi-bin/check?timeout=10s": service "nothing" not found',
    );
    call('DELETE', `${HOOKS}/validatingwebhookconfigurations/hook`);
  });
});

describe('validating admission policies', () => {
  it('refuse and warn in CEL', () => {
    const rules = [
      { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['deployments'] },
    ];
    const spec = {
      matchConstraints: { resourceRules: rules },
      variables: [{ name: 'r', expression: 'object.spec.replicas' }],
      validations: [
        { expression: 'variables.r <= 5', message: 'too many' },
        { expression: 'object.metadata.name.startsWith("a")', reason: 'Forbidden' },
      ],
    };
    call('POST', `${HOOKS}/validatingadmissionpolicies`, { metadata: { name: 'policy' }, spec });
    const binding = { metadata: { name: 'binding' }, spec: { policyName: 'policy', validationActions: ['Deny'] } };
    call('POST', `${HOOKS}/validatingadmissionpolicybindings`, binding);
    const create = (name: string, replicas: number) => {
      const labels = { app: name };
      const template = { metadata: { labels }, spec: { containers: [{ name: 'a', image: 'busybox:1.36' }] } };
      const body = { metadata: { name }, spec: { replicas, selector: { matchLabels: labels }, template } };
      return call('POST', '/apis/apps/v1/namespaces/hooked/deployments?dryRun=All', body);
    };
    const by = "ValidatingAdmissionPolicy 'policy' with binding 'binding' denied request:";
    expect(create('ab', 6).body.message).toBe(`deployments.apps "ab" is forbidden: ${by} too many`);
    const refused = create('xb', 1);
    expect([refused.status, refused.body.message]).toEqual([
      403,
      `deployments.apps "xb" is forbidden: ${by} failed expression: object.metadata.name.startsWith("a")`,
    ]);
    expect(create('ad', 1).status).toBe(201);
  });
});
