import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Served, serveProgram, tempHome } from '../support/program.ts';

const home = tempHome();
let served: Served;
beforeAll(async () => {
  served = await serveProgram(home.path);
}, 60_000);
afterAll(async () => {
  await served.close();
  home.remove();
});

/** Which objects somebody has changed by hand, how often, and what is told of the session: no look at what works. */
const TRACES = `kubectl get deployments,services,configmaps,secrets,nodes,pods,quota -A -o json --show-managed-fields | jq -r '.items[] | [.kind, (.metadata.name | sub("-[a-z0-9]+-[a-z0-9]{5}$"; "")), (.metadata.generation // 0), (.metadata.annotations["deployment.kubernetes.io/revision"] // ""), ([.metadata.managedFields[] | select(.manager == "kubectl") | .operation] | join(","))] | select(.[4] != "") | join(" ")'`;

async function traces(problem: string): Promise<unknown> {
  const session_id = await served.begin(problem, '2');
  const { text } = await served.call('exec_shell', { session_id, command: TRACES });
  const { structured } = await served.call('get_session', { session_id });
  await served.call('end_session', { session_id });
  const { description, instructions, allowed_tools, steps } = structured as Record<string, unknown>;
  return { text, description, instructions, allowed_tools, steps };
}

it.each(['corner_shop_selector_typo', 'misconfig_app_hotel_res', 'pod_kill_hotel_res'])(
  'that something was changed does not tell that something is wrong: %s',
  { timeout: 180_000 },
  async (family) => {
    const faulty = await traces(`${family}-detection-1`);
    expect(faulty).toMatchObject({ text: expect.stringMatching(/Update/) });
    expect(await traces(`${family}-healthy-1`)).toEqual(faulty);
  },
);
