import { digestOf } from '../digest.ts';
import type { ImageDef } from '../image.ts';

/** A pause image: nothing but a process that sleeps until it is told to end. */
const pauseImage = (repository: string, tags: string[], sizeBytes: number): ImageDef => ({
  repository,
  tags,
  sizeBytes,
  digest: digestOf(repository),
  config: { entrypoint: ['/pause'], uid: 65535 },
  files: {},
  programs: {
    *'/pause'(os) {
      os.endsOnSignal('SIGTERM', 0);
      os.endsOnSignal('SIGINT', 0);
      os.setMemory(300 * 1024);
      for (;;) yield* os.main.sleep(365 * 24 * 3_600_000);
    },
  },
});

/** The image of sandboxes. */
export const pause = pauseImage('registry.k8s.io/pause', ['3.6', '3.8', '3.9', '3.10', '3.10.1', 'latest'], 320_448);

/** The image that Chaos Mesh's pod-failure puts into pods; its size as seen in the events of real runs. */
export const pauseGoogle = pauseImage('gcr.io/google-containers/pause', ['latest', '3.0', '3.1', '3.2'], 72_335);
