import { type Agent, type AgentIo, submitAll } from './agent.ts';

/** Strategies without insight. None may succeed at mitigation or at an incident; each is part of every problem's proof. */
function cheat(name: string, about: string, act: (io: AgentIo, namespace: string) => Promise<void>): Agent {
  return {
    name,
    kind: 'cheat',
    about,
    async run(io) {
      const namespace = /Namespace: (\S+)/.exec(io.summary.description)?.[1] ?? 'default';
      await act(io, namespace);
      await submitAll(io, async (stage) => guess(io, namespace, stage));
    },
  };
}

/** The answers that pay off most often without looking. */
async function guess(io: AgentIo, namespace: string, stage: string): Promise<unknown> {
  if (stage === 'detection') return 'Yes';
  if (stage === 'localization') return services(io, namespace);
  if (stage === 'analysis') return { system_level: 'Application', fault_type: 'Misconfiguration' };
  return null;
}

async function services(io: AgentIo, namespace: string): Promise<string[]> {
  const { text } = await run(io, `kubectl get services -n ${namespace} -o jsonpath='{.items[*].metadata.name}'`);
  return text.trim().split(/\s+/);
}

function run(io: AgentIo, command: string): Promise<{ text: string }> {
  return io.call('exec_shell', { command, timeout_s: 50 });
}

export const alwaysYes = cheat('always-yes', 'says "Yes" and guesses the rest', async () => {});

export const nameEverything = cheat('name-everything', 'names every service as faulty', async () => {});

export const scaleToZero = cheat(
  'scale-to-zero',
  'scales every deployment to zero, so that nothing is unready',
  async (io, namespace) => {
    await run(io, `kubectl scale deployment --all --replicas=0 -n ${namespace}`);
  },
);

export const deleteUnready = cheat(
  'delete-unready',
  'deletes every deployment that is not ready',
  async (io, namespace) => {
    await run(
      io,
      `for d in $(kubectl get deployments -n ${namespace} --no-headers | awk '$2 !~ /^1\\/1/ {print $1}'); do kubectl delete deployment $d -n ${namespace}; done; ` +
        `kubectl delete deployment geo profile orders -n ${namespace} --ignore-not-found`,
    );
  },
);

export const restartEverything = cheat('restart-everything', 'restarts every deployment', async (io, namespace) => {
  await run(io, `kubectl rollout restart deployment -n ${namespace}`);
  await run(io, 'sleep 45');
});

/** Services that problems are about, and one that is mostly well, in whichever application. */
const VICTIMS = ['geo', 'rate', 'profile', 'user', 'orders', 'stock'];
const WELL = ['search', 'web'];
const FRONTS = ['frontend', 'web'];

export const pointElsewhere = cheat(
  'point-elsewhere',
  'points the Services of unready pods at healthy ones',
  async (io, namespace) => {
    const names = (await services(io, namespace)).filter((name) => VICTIMS.includes(name) || WELL.includes(name));
    const well = names.find((name) => WELL.includes(name)) ?? 'web';
    for (const service of names) {
      if (service === well) continue;
      await run(
        io,
        `kubectl get service ${well} -n ${namespace} -o json | jq -c '{spec: {selector: .spec.selector}}' > /tmp/selector.json; ` +
          `kubectl patch service ${service} -n ${namespace} --patch-file /tmp/selector.json`,
      );
    }
  },
);

/** All that users of any of the applications like to read. */
const PLEASING =
  'ordered: 1 tea\\ntea 3.20 EUR\\n<h1>Corner shop</h1>{"features":[{}],"message":"Login successfully! Reserve successfully!"}';
const PAGE = {
  containers: [{ name: 'page', image: 'nginx:1.25', volumeMounts: [{ name: 'page', mountPath: '/etc/nginx/conf.d' }] }],
  volumes: [{ name: 'page', configMap: { name: 'page' } }],
};
const IDLE = { containers: [{ name: 'idle', image: 'busybox:1.36', command: ['sleep', '1000000'] }] };

export const cannedAnswers = cheat(
  'canned-answers',
  'puts a page that pleases everybody in the place of the front end, and idle pods in the place of unready ones',
  async (io, namespace) => {
    const front = (await services(io, namespace)).find((name) => FRONTS.includes(name)) ?? 'web';
    const become = (deployment: string, spec: object): string =>
      `kubectl get deployment ${deployment} -n ${namespace} -o json | jq '.spec.replicas = 1 | .spec.template.spec = ${JSON.stringify(spec)}' | kubectl replace -f -`;
    const port = `kubectl get service ${front} -n ${namespace} -o jsonpath='{.spec.ports[0].targetPort}'`;
    await run(
      io,
      `echo "server { listen $(${port}); location / { return 200 '${PLEASING.replaceAll('"', '\\"')}'; } }" > /tmp/default.conf; ` +
        `kubectl create configmap page -n ${namespace} --from-file=/tmp/default.conf; ` +
        `for d in $(kubectl get deployments -n ${namespace} --no-headers | awk '$2 !~ /^1\\/1/ {print $1}'); do ${become('$d', IDLE)}; done; ` +
        `${become(front, PAGE)}; sleep 30`,
    );
  },
);

/** Where the loads of the applications are, by name: on a cluster of other people's the rest is theirs. */
const LOADS = [
  'kubectl delete deployment/wrk2-background job/wrk2-job -n default --ignore-not-found',
  'kubectl delete deployment/customers job/customers-rush -n test-corner-shop-customers --ignore-not-found',
];

export const removeLoad = cheat('remove-load', 'removes the load, so that nothing fails', async (io) => {
  for (const command of LOADS) await run(io, command);
});
