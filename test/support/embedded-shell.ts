import { EmbeddedCluster } from '../../src/cluster/embedded.ts';
import { createShell } from '../../src/shell/shell.ts';
import { createSimulation } from '../../src/sim/simulation.ts';

/** An agent's shell on an embedded cluster of its own; `sh` gives stdout and stderr as one text each, and the exit code. */
export function embeddedShell(seed = 'shell') {
  const simulation = createSimulation({ seed });
  const cluster = new EmbeddedCluster(simulation);
  const shell = createShell({ cluster, seed });
  const sh = async (command: string, timeoutMs = 120_000) => {
    const { stdout, stderr, exitCode } = await shell.exec(command, { timeoutMs });
    return { stdout, stderr, exitCode };
  };
  return { simulation, cluster, shell, sh };
}
