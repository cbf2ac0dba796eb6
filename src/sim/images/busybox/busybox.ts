import { baseFiles, busyboxPrograms, shellProgram } from '../../container-shell/index.ts';
import { digestOf } from '../digest.ts';
import type { ImageDef } from '../image.ts';

const busyboxOf = (repository: string, tags: string[]): ImageDef => ({
  repository,
  tags,
  sizeBytes: 2_160_406,
  digest: digestOf(repository),
  config: { cmd: ['sh'], env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' } },
  files: baseFiles(''),
  programs: busyboxPrograms(),
});

export const busybox = busyboxOf('docker.io/library/busybox', [
  'latest',
  '1',
  '1.28',
  '1.31',
  '1.34',
  '1.35',
  '1.36',
  '1.36.1',
  '1.37',
  'stable',
  'musl',
  'glibc',
  'uclibc',
]);

const MIRROR = 'registry.k8s.io/e2e-test-images/busybox';
const newShell = shellProgram('ash', true);

/**
 * The mirror that Kubernetes' own tests take busybox from. Those of 1.35 need a shell that hands on variables of any name, and pass with
 * the mirror's 1.37.
 */
export const busyboxE2e: readonly ImageDef[] = [
  busyboxOf(MIRROR, ['1.29-2', '1.29-4', '1.36.1-1']),
  {
    ...busyboxOf(MIRROR, ['1.37.0-1']),
    digest: digestOf(`${MIRROR}:1.37`),
    programs: { ...busyboxPrograms(), '/bin/sh': newShell, '/bin/ash': newShell },
  },
];
