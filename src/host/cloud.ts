import type { AppDefinition } from '../apps/index.ts';
import { EmbeddedCluster } from '../cluster/embedded.ts';
import type { Cloud } from '../session/manager.ts';
import { type AgentShell, createShell, defineHelmCommand } from '../shell/index.ts';
import { createSimulation } from '../sim/simulation.ts';
import { createJq } from './jq.ts';
import { shellNetwork } from './shell-network.ts';

/** One for all sessions of the process. */
const jq = createJq();

/** A simulated cluster and the agent's shell on it; the application's chart lies in the agent's home. */
export async function createCloud(seed: string, app: AppDefinition): Promise<Cloud> {
  const simulation = createSimulation({ seed });
  const cluster = new EmbeddedCluster(simulation, () => new Promise((resolve) => setImmediate(resolve)));
  const network = shellNetwork(cluster);
  const shell = createShell({
    cluster,
    seed,
    network,
    extraCommands: [defineHelmCommand({ cluster, network })],
    jq,
  });
  await chartFiles(shell, app);
  return { cluster, shell };
}

/** Puts the application's chart into the agent's home. */
export async function chartFiles(shell: AgentShell, app: AppDefinition): Promise<void> {
  for (const [path, content] of Object.entries(app.chartFiles)) {
    const full = `/home/agent/charts/${app.name}/${path}`;
    await shell.fs.mkdir(full.slice(0, full.lastIndexOf('/')), { recursive: true });
    await shell.fs.writeFile(full, content);
  }
}
