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

/** Where the loads of the applications are, by name: on a cluster of other people's the rest is theirs. */
const LOADS = [
  'kubectl delete deployment/wrk2-background job/wrk2-job -n default --ignore-not-found',
  'kubectl delete deployment/customers job/customers-rush -n test-corner-shop-customers --ignore-not-found',
];

export const removeLoad = cheat('remove-load', 'removes the load, so that nothing fails', async (io) => {
  for (const command of LOADS) await run(io, command);
});
