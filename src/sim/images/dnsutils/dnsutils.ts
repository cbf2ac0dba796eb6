import { digOf } from '../../container-shell/commands/dig.ts';
import { nslookupBind } from '../../container-shell/commands/nslookup-bind.ts';
import { baseFiles, debianPrograms, program } from '../../container-shell/index.ts';
import type { Program } from '../../process/os.ts';
import { digestOf } from '../digest.ts';
import type { ImageDef } from '../image.ts';

const REPOSITORY = 'registry.k8s.io/e2e-test-images/jessie-dnsutils';

/** Debian 8 with BIND's tools, which Kubernetes' documentation debugs DNS with, and a CoreDNS. */
export const dnsutilsImage = (coredns: Program): ImageDef => ({
  repository: REPOSITORY,
  tags: ['1.3', '1.4', '1.5', '1.7'],
  sizeBytes: 112_030_336,
  digest: digestOf(REPOSITORY),
  config: { cmd: ['/bin/bash'], env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' } },
  files: baseFiles(
    'PRETTY_NAME="Debian GNU/Linux 8 (jessie)"\nNAME="Debian GNU/Linux"\nVERSION_ID="8"\nVERSION="8 (jessie)"\nID=debian\n',
  ),
  programs: {
    ...debianPrograms(),
    '/usr/bin/dig': program(digOf('9.9.5-9+deb8u19-Debian')),
    '/usr/bin/nslookup': program(nslookupBind),
    '/coredns': coredns,
  },
});
