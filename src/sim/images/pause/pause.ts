import { digestOf } from '../digest.ts';
import type { ImageDef } from '../image.ts';

/** The sandbox's process: sleeps until it is told to end. */
export const pause: ImageDef = {
  repository: 'registry.k8s.io/pause',
  tags: ['3.6', '3.8', '3.9', '3.10', '3.10.1', 'latest'],
  sizeBytes: 320_448,
  digest: digestOf('registry.k8s.io/pause'),
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
};
