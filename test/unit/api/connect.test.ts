import { beforeAll, describe, expect, it } from 'vitest';
import { embeddedShell } from '../../support/embedded-shell.ts';

const { sh } = embeddedShell('connect');

const OBJECTS = `apiVersion: v1
kind: Pod
metadata: { name: guard, labels: { app: guard } }
spec:
  containers: [{ name: c, image: "registry.k8s.io/e2e-test-images/agnhost:2.59", args: [webhook, --port=8443] }]
---
apiVersion: v1
kind: Service
metadata: { name: guard }
spec: { selector: { app: guard }, ports: [{ port: 443, targetPort: 8443 }] }
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: { name: no-shells }
spec:
  matchConstraints:
    resourceRules: [{ apiGroups: [""], apiVersions: [v1], operations: [CONNECT], resources: [pods/exec] }]
  validations: [{ expression: "object.command[0] != 'sh' && object.stdout", message: no shells }]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: { name: no-shells }
spec: { policyName: no-shells, validationActions: [Deny] }
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: { name: guard }
webhooks:
- name: guard.example.org
  clientConfig: { service: { name: guard, namespace: default, path: /always-deny }, caBundle: Y2E= }
  sideEffects: None
  admissionReviewVersions: [v1]
  matchConditions: [{ name: closed, expression: "request.name == 'closed'" }]
  rules: [{ apiGroups: [""], apiVersions: [v1], operations: [CONNECT], resources: [pods/exec] }]
`;

beforeAll(async () => {
  for (const name of ['open', 'closed']) await sh(`kubectl run ${name} --image=busybox:1.36 -- sleep 3600`);
  await sh(`cat > /tmp/objects.yaml <<'EOF2'\n${OBJECTS}EOF2`);
  await sh('kubectl apply -f /tmp/objects.yaml; sleep 15');
});

describe('admission of those who enter pods', () => {
  it('is what policies say', async () => {
    expect((await sh('kubectl exec open -- echo fine')).stdout).toBe('fine\n');
    expect((await sh('kubectl exec open -- sh -c "echo hi"')).stderr).toContain(
      "ValidatingAdmissionPolicy 'no-shells' with binding 'no-shells' denied request: no shells",
    );
  });

  it('is what webhooks say, however long they take', async () => {
    expect((await sh('kubectl exec closed -- echo fine')).stderr).toContain(
      'admission webhook "guard.example.org" denied the request: this webhook denies all requests',
    );
    await sh('kubectl delete validatingwebhookconfiguration guard');
    expect((await sh('kubectl exec closed -- echo fine')).stdout).toBe('fine\n');
  });
});
