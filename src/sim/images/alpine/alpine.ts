import { baseFiles, busyboxPrograms } from '../../container-shell/index.ts';
import { digestOf } from '../digest.ts';
import type { ImageDef } from '../image.ts';

export const ALPINE_RELEASE =
  'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.19.9\nPRETTY_NAME="Alpine Linux v3.19"\nHOME_URL="https://alpinelinux.org/"\n';

export const alpine: ImageDef = {
  repository: 'docker.io/library/alpine',
  tags: ['latest', '3', '3.18', '3.19', '3.20', '3.21', '3.22'],
  sizeBytes: 3_419_706,
  digest: digestOf('docker.io/library/alpine'),
  config: { cmd: ['/bin/sh'], env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' } },
  files: { ...baseFiles(ALPINE_RELEASE), '/etc/alpine-release': '3.19.9\n' },
  programs: busyboxPrograms(),
};
