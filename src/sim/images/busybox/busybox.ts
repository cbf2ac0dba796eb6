import { baseFiles, busyboxPrograms } from '../../container-shell/index.ts';
import { digestOf } from '../digest.ts';
import type { ImageDef } from '../image.ts';

export const busybox: ImageDef = {
  repository: 'docker.io/library/busybox',
  tags: ['latest', '1', '1.28', '1.31', '1.34', '1.35', '1.36', '1.36.1', '1.37', 'stable', 'musl', 'glibc', 'uclibc'],
  sizeBytes: 2_160_406,
  digest: digestOf('docker.io/library/busybox'),
  config: { cmd: ['sh'], env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' } },
  files: baseFiles(''),
  programs: busyboxPrograms(),
};
