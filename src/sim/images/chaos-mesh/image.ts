import type { Program } from '../../process/os.ts';
import { digestOf } from '../digest.ts';
import type { ImageDef } from '../image.ts';
import type { ChaosHost } from './action.ts';
import { ACTIONS, missingKinds, startManager } from './manager.ts';
import { WEBHOOK_PORT, webhookServer } from './webhook.ts';

const TAGS = ['v2.6.2', 'v2.6.3', 'v2.7.0', 'v2.7.2'];
const LEASE_MS = 2_000;
const DAY_MS = 86_400_000;

/**
 * Chaos Mesh's controller manager: one of its replicas works, the others wait for it to end. It reads and writes its resources through
 * the API; what its daemons do on the nodes is done through {@link ChaosHost}.
 */
function controllerManager(host: ChaosHost): Program {
  let leads = false;
  return function* (os) {
    os.endsOnSignal('SIGTERM', 0);
    os.setMemory(40 * 1024 * 1024);
    const log = (level: string, message: string): void =>
      os.stderr.write(`${new Date(os.main.nowMs).toISOString()}\t${level}\t${message}\n`);
    log('INFO', 'setup\tversion info');
    os.listen(WEBHOOK_PORT, webhookServer(ACTIONS));
    while (leads) yield* os.main.sleep(LEASE_MS);
    const missing = missingKinds(host);
    if (missing.length > 0) {
      const kinds = missing.map((kind) => `"${kind}"`).join(', ');
      log(
        'ERROR',
        `setup\tproblem running manager\t{"error": "no matches for kind ${kinds} in version chaos-mesh.org/v1alpha1"}`,
      );
      return 1;
    }
    leads = true;
    const stop = startManager(host);
    log('INFO', 'setup\tstarting manager');
    try {
      for (;;) yield* os.main.sleep(DAY_MS);
    } finally {
      stop();
      leads = false;
    }
  };
}

/** The daemon on each node: a process that is there; the controller reaches the node's runtime itself. */
const daemon: Program = function* (os) {
  os.endsOnSignal('SIGTERM', 0);
  os.setMemory(20 * 1024 * 1024);
  os.stderr.write(
    `${new Date(os.main.nowMs).toISOString()}\tINFO\tchaos-daemon-server\tgrpc endpoint is listening on :31767\n`,
  );
  for (;;) yield* os.main.sleep(DAY_MS);
};

/** Images of Chaos Mesh. */
export function chaosMeshImages(host: ChaosHost): ImageDef[] {
  const image = (name: string, sizeBytes: number, path: string, program: Program): ImageDef => ({
    repository: `ghcr.io/chaos-mesh/${name}`,
    tags: TAGS,
    sizeBytes,
    digest: digestOf(`ghcr.io/chaos-mesh/${name}`),
    config: { cmd: [path] },
    files: {},
    programs: { [path]: program },
  });
  return [
    image('chaos-mesh', 66_201_417, '/usr/local/bin/chaos-controller-manager', controllerManager(host)),
    image('chaos-daemon', 205_933_206, '/usr/local/bin/chaos-daemon', daemon),
  ];
}
