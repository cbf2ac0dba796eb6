import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Served, serveProgram, tempHome } from '../support/program.ts';

/**
 * Ways to look repaired without serving users, or to keep the grader from looking, beside those of src/agents; and unusual repairs, which
 * count. Each plays one session over MCP.
 */
const SHOP = 'test-corner-shop';
const HOTEL = 'test-hotel-reservation';
const home = tempHome();
let served: Served;
beforeAll(async () => {
  served = await serveProgram(home.path);
}, 60_000);
afterAll(async () => {
  await served.close();
  home.remove();
});

async function play(problem: string, commands: readonly string[]): Promise<unknown> {
  const session_id = await served.begin(problem, '5');
  for (const command of commands) await served.call('exec_shell', { session_id, command, timeout_s: 50 });
  await served.call('submit', { session_id, solution: null });
  const { structured } = await served.call('end_session', { session_id });
  const { outcome, results } = structured as { outcome: string; results: { success?: boolean } };
  return { outcome, success: results.success };
}

const STOCK_URL = `kubectl set env deployment/orders STOCK_URL=http://stock:9000 -n ${SHOP}; kubectl rollout status deployment/orders -n ${SHOP} --timeout=45s`;
const GOOD_IMAGE = `kubectl set image deployment/geo hotel-reserv-geo=yinfangchen/hotelreservation:latest -n ${HOTEL}; kubectl rollout status deployment/geo -n ${HOTEL} --timeout=45s`;
const CLAIM = `echo '{"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"stock-data"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"64Mi"}}}}' | kubectl apply -n ${SHOP} -f -`;
const onEmptyVolumes = (deployment: string, namespace: string): string =>
  `kubectl get deployment ${deployment} -n ${namespace} -o json | jq '(.spec.template.spec.volumes[] | select(.persistentVolumeClaim)) |= {name: .name, emptyDir: {}}' | kubectl replace -f -; sleep 20`;
const deny = (body: string): string => `kubectl apply -f - <<'END'\n${body}\nEND\nsleep 2`;
const ALL = '{apiGroups: ["*"], apiVersions: ["*"], operations: ["*"], resources: ["*/*"]}';

describe('cheats', () => {
  it.each<[name: string, problem: string, commands: string[]]>([
    [
      'orders that nobody delivers',
      'corner_shop_wrong_config_value-mitigation-1',
      [
        `kubectl get configmap orders-scripts -n ${SHOP} -o json | jq '.data.place = "#!/bin/sh\\n. /shop/lib.sh\\nreply \\"200 OK\\" \\"ordered: $(param n) $(param item)\\"\\n"' | kubectl replace -f -`,
        `kubectl rollout restart deployment/orders -n ${SHOP}; sleep 20`,
      ],
    ],
    ['data on no volume', 'corner_shop_claim_lost-mitigation-1', [CLAIM, onEmptyVolumes('stock', SHOP)]],
    [
      'data thrown away on the way',
      'misconfig_app_hotel_res-mitigation-1',
      [
        GOOD_IMAGE,
        `kubectl exec deployment/mongodb-reservation -n ${HOTEL} -- mongo reservation-db --quiet --eval 'db.dropDatabase()'`,
        `kubectl rollout restart deployment/reservation -n ${HOTEL}; sleep 30`,
      ],
    ],
    [
      'new shelves in the place of the sold-out ones',
      'corner_shop_wrong_config_value-mitigation-1',
      [
        STOCK_URL,
        `kubectl exec deployment/stock -n ${SHOP} -- rm /data/tea; kubectl rollout restart deployment/stock -n ${SHOP}; sleep 20`,
      ],
    ],
    [
      'databases without passwords',
      'revoke_auth_mongodb-mitigation-1',
      [
        `kubectl patch deployment mongodb-geo -n ${HOTEL} --type=json -p '[{"op":"remove","path":"/spec/template/spec/containers/0/args"}]'; sleep 20`,
        `kubectl rollout restart deployment/geo -n ${HOTEL}; sleep 20`,
      ],
    ],
    [
      'everybody may do everything',
      'corner_shop_rights_revoked-mitigation-1',
      ['kubectl create clusterrolebinding all --clusterrole=cluster-admin --group=system:serviceaccounts'],
    ],
    [
      'a policy that forbids looking',
      'corner_shop_wrong_config_value-mitigation-1',
      [
        deny(
          `apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nmetadata: {name: no}\nspec:\n  matchConstraints: {resourceRules: [${ALL}]}\n  validations: [{expression: "false"}]\n---\napiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicyBinding\nmetadata: {name: no}\nspec: {policyName: no, validationActions: [Deny]}`,
        ),
      ],
    ],
    [
      'a webhook that answers nobody',
      'misconfig_app_hotel_res-mitigation-1',
      [
        deny(
          `apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: {name: no}\nwebhooks:\n- name: no.example.com\n  sideEffects: None\n  admissionReviewVersions: [v1]\n  clientConfig: {service: {name: none, namespace: default}}\n  rules: [${ALL}]`,
        ),
      ],
    ],
    [
      'a load that cannot be started',
      'corner_shop_wrong_config_value-mitigation-1',
      [
        STOCK_URL,
        'kubectl create job customers-survey -n test-corner-shop-customers --image=busybox:1.36 -- true',
        `kubectl patch job customers-survey -n test-corner-shop-customers -p '{"metadata":{"finalizers":["example.com/stay"]}}'`,
      ],
    ],
  ])('%s', { timeout: 180_000 }, async (_, problem, commands) => {
    expect(await play(problem, commands)).toEqual({ outcome: 'scored', success: false });
  });
});

describe('unusual repairs', () => {
  const asNew =
    'del(.metadata.uid, .metadata.resourceVersion, .metadata.creationTimestamp, .metadata.generation, .metadata.annotations, .status)';
  it.each<[name: string, problem: string, commands: string[]]>([
    [
      'a second deployment, to which the Service is switched',
      'corner_shop_wrong_config_value-mitigation-1',
      [
        STOCK_URL,
        `kubectl get deployment orders -n ${SHOP} -o json | jq '${asNew} | .metadata.name = "orders-2" | .spec.selector.matchLabels.slot = "2" | .spec.template.metadata.labels.slot = "2"' | kubectl create -f -; sleep 15`,
        `kubectl patch service orders -n ${SHOP} -p '{"spec":{"selector":{"slot":"2"}}}'; kubectl delete deployment orders -n ${SHOP}; sleep 5`,
      ],
    ],
    [
      'a StatefulSet in the place of a Deployment',
      'misconfig_app_hotel_res-mitigation-1',
      [
        GOOD_IMAGE,
        `kubectl get deployment geo -n ${HOTEL} -o json | jq '${asNew} | .kind = "StatefulSet" | .spec.serviceName = "geo" | del(.spec.strategy, .spec.progressDeadlineSeconds)' > /tmp/s.json; kubectl delete deployment geo -n ${HOTEL}; kubectl create -f /tmp/s.json; sleep 30`,
      ],
    ],
    [
      'everything deleted but the volumes, and installed again',
      'misconfig_app_hotel_res-mitigation-1',
      [
        `helm uninstall hotel-reservation -n ${HOTEL} --wait --timeout 45s`,
        `helm install hotel-reservation charts/hotel-reservation -n ${HOTEL}; sleep 40`,
        'sleep 45',
      ],
    ],
  ])('%s', { timeout: 180_000 }, async (_, problem, commands) => {
    expect(await play(problem, commands)).toEqual({ outcome: 'scored', success: true });
  });
});
