import { parse, stringify } from 'yaml';
import { type Json, NAMESPACE } from './manifests.ts';
import type { Orchestrator } from './orchestrator.ts';
import { ApiException } from './python-client.ts';

export interface Family {
  /** Seconds that the load lasts. */
  load?: number;
  inject(run: Orchestrator): Promise<void>;
  recover(run: Orchestrator): Promise<void>;
  /** What a person types to mend it. */
  repair: string[];
  /** AIOpsLab's check of a mitigation; it may throw, as there. */
  passes(run: Orchestrator): Promise<boolean>;
}

const STORES = ['geo', 'profile', 'rate', 'recommendation', 'reservation', 'user'];
const IN = `-n ${NAMESPACE}`;

/** Pod check P0: throws on a pod without container statuses. */
async function podsAreFine(run: Orchestrator): Promise<boolean> {
  for (const pod of await run.pods()) {
    for (const { state, ready } of pod.status.containerStatuses) {
      if (state.waiting?.reason === 'CrashLoopBackOff') return false;
      if (state.terminated && state.terminated.reason !== 'Completed') return false;
      if (!ready) return false;
    }
  }
  return true;
}

/** Pod check P2: other reasons to wait pass. */
async function podsAreNotBroken(run: Orchestrator): Promise<boolean> {
  const broken = ['CrashLoopBackOff', 'Error', 'ImagePullBackOff', 'ErrImagePull'];
  for (const pod of await run.pods()) {
    for (const { state, ready } of pod.status.containerStatuses) {
      if (state.waiting) {
        if (broken.includes(state.waiting.reason)) return false;
      } else if (state.terminated ? state.terminated.reason !== 'Completed' : !ready) return false;
    }
  }
  return true;
}

async function podsNamed(run: Orchestrator, match: (name: string) => boolean): Promise<string[]> {
  return (await run.pods()).map((pod) => pod.metadata.name).filter(match);
}

async function execInPods(run: Orchestrator, part: string, script: string): Promise<void> {
  for (const pod of await podsNamed(run, (name) => name.includes(part)))
    await run.exec(`kubectl exec -it ${pod} ${IN} -- /bin/bash /scripts/${script}`);
}

async function deletePods(run: Orchestrator, match: (name: string) => boolean): Promise<void> {
  for (const pod of await podsNamed(run, match)) await run.exec(`kubectl delete pod ${pod} ${IN}`);
}

const restart = ['kubectl delete pod -l io.kompose.service=geo', 'kubectl rollout status deployment/geo'].map(
  (line) => `${line} ${IN}`,
);
const inGeoDatabase = (script: string): string => `kubectl exec deploy/mongodb-geo ${IN} -- bash /scripts/${script}`;

export const revokeAuth: Family = {
  load: 5,
  async inject(run) {
    await execInPods(run, 'mongodb-geo', 'revoke-admin-geo-mongo.sh');
    await deletePods(run, (name) => name.includes('geo') && !name.includes('mongodb-'));
    await run.sleep(3 + 6);
  },
  async recover(run) {
    await execInPods(run, 'mongodb-geo', 'revoke-mitigate-admin-geo-mongo.sh');
    await deletePods(run, (name) => name.includes('geo'));
  },
  repair: [inGeoDatabase('revoke-mitigate-admin-geo-mongo.sh'), ...restart],
  passes: podsAreFine,
};

export const userUnregistered: Family = {
  async inject(run) {
    await execInPods(run, 'mongodb-geo', 'remove-admin-mongo.sh');
    await deletePods(run, (name) => name.startsWith('geo'));
    await run.sleep(6);
  },
  async recover(run) {
    await execInPods(run, 'mongodb-geo', 'remove-mitigate-admin-geo-mongo.sh');
    await deletePods(run, (name) => name.startsWith('geo'));
  },
  repair: [inGeoDatabase('remove-mitigate-admin-geo-mongo.sh'), ...restart],
  passes: podsAreFine,
};

/** AIOpsLab does not repeat a replacement that met a conflict; at many times the speed of its clock there are more of them. */
async function setGeoImage(run: Orchestrator, image: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await replaceGeoImage(run, image);
    } catch (error) {
      if (!(error instanceof ApiException) || error.status !== 409 || tries === 5) throw error;
    }
  }
}

async function replaceGeoImage(run: Orchestrator, image: string): Promise<void> {
  const deployment = await run.client.call('AppsV1Api.read_namespaced_deployment', ['geo', NAMESPACE]);
  for (const container of deployment.spec.template.spec.containers)
    if (container.name === 'hotel-reserv-geo') container.image = image;
  await run.client.call('AppsV1Api.replace_namespaced_deployment', ['geo', NAMESPACE, deployment]);
}

export const misconfigApp: Family = {
  async inject(run) {
    await setGeoImage(run, 'yinfangchen/geo:app3');
    await run.sleep(10 + 6);
  },
  recover: (run) => setGeoImage(run, 'yinfangchen/hotelreservation:latest'),
  repair: [
    `kubectl set image deployment/geo hotel-reserv-geo=yinfangchen/hotelreservation:latest ${IN}`,
    `kubectl rollout status deployment/geo ${IN}`,
  ],
  passes: (run) =>
    run.waitForReady(NAMESPACE, 60, 5).then(
      () => true,
      () => false,
    ),
};

/** Deletes the Deployment and applies what `get -o yaml` showed of it, edited: state, uid and generation included. */
async function reapply(run: Orchestrator, name: string, edit: (spec: Json) => void): Promise<void> {
  const deployment = parse(await run.exec(`kubectl get deployment ${name} ${IN} -o yaml`));
  edit(deployment.spec.template.spec);
  await run.exec(`kubectl delete deployment ${name} ${IN}`);
  await run.exec(`kubectl apply -f ${run.file(`${name}_modified.yaml`, stringify(deployment))} ${IN}`);
}

function swapCommand(from: string, to: string): (spec: Json) => void {
  return (spec) => {
    for (const container of spec.containers) if (container.command?.includes(from)) container.command = [to];
  };
}

export const wrongBinary: Family = {
  async inject(run) {
    await reapply(run, 'profile', swapCommand('profile', 'geo'));
    await run.sleep(6);
  },
  recover: (run) => reapply(run, 'profile', swapCommand('geo', 'profile')),
  repair: [
    `kubectl patch deployment profile ${IN} --type=json -p '[{"op":"replace","path":"/spec/template/spec/containers/0/command","value":["profile"]}]'`,
    `kubectl rollout status deployment/profile ${IN}`,
    'sleep-5',
  ],
  async passes(run) {
    if (!(await podsAreNotBroken(run))) return false;
    const deployment = await run.client.call('AppsV1Api.read_namespaced_deployment', ['profile', NAMESPACE]);
    return deployment.spec.template.spec.containers.every((one: Json) => one.command?.includes('profile'));
  },
};

export const redeploy: Family = {
  load: 5,
  async inject(run) {
    await run.absent(run.client.call('CoreV1Api.delete_namespace', [NAMESPACE]));
    while (!(await run.absent(run.client.call('CoreV1Api.read_namespace', [NAMESPACE])))) await run.sleep(2);
    await run.sleep(15);
    await run.construct();
    await run.deploy();
    await run.sleep(30);
  },
  recover: (run) => run.cleanUp(),
  repair: [
    ...STORES.map((name) => `kubectl patch pv ${name}-pv --type=json -p '[{"op":"remove","path":"/spec/claimRef"}]'`),
    `for d in ${STORES.join(' ')}; do kubectl rollout status deployment/mongodb-$d ${IN} || exit; done`,
    `kubectl delete pod ${IN} -l 'io.kompose.service in (${STORES.join(',')})'`,
    `for d in ${STORES.join(' ')}; do kubectl rollout status deployment/$d ${IN} || exit; done`,
    'sleep-5',
  ],
  passes: podsAreFine,
};

export const noFault: Family = {
  inject: (run) => run.sleep(6),
  recover: async () => {},
  repair: [],
  passes: async () => true,
};
