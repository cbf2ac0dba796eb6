import { ROOT_CA } from '../../bootstrap/root-ca.ts';
import { digOf } from '../../container-shell/commands/dig.ts';
import { getent } from '../../container-shell/commands/getent.ts';
import { ncOpenbsd } from '../../container-shell/commands/nc-openbsd.ts';
import { nslookupBind } from '../../container-shell/commands/nslookup-bind.ts';
import { baseFiles, busyboxPrograms, program, shellProgram } from '../../container-shell/index.ts';
import type { Program } from '../../process/os.ts';
import { curlProgram } from '../curl/curl.ts';
import { digestOf } from '../digest.ts';
import type { ImageDef } from '../image.ts';
import { guestbook, inclusterclient, nettest } from './cluster.ts';
import { parse, type Subcommand, UsageError } from './command.ts';
import { netexec } from './netexec.ts';
import { grpcHealthChecking, liveness, porter, serveHostname, tcpReset, testWebserver } from './servers.ts';
import {
  connect,
  dnsServerList,
  dnsSuffix,
  entrypointTester,
  etcHosts,
  logsGenerator,
  mounttest,
  pause,
} from './tools.ts';
import { crdConversionWebhook, webhook } from './webhook.ts';

/**
 * agnhost, the program of many subcommands with which Kubernetes' own tests look at a cluster from inside. What its subcommands answer
 * follows https://github.com/kubernetes/kubernetes/tree/v1.35.4/test/images/agnhost; those that are not here say so and end.
 */
const SUBCOMMANDS: Readonly<Record<string, Subcommand>> = {
  connect,
  'crd-conversion-webhook': crdConversionWebhook,
  'dns-server-list': dnsServerList,
  'dns-suffix': dnsSuffix,
  'entrypoint-tester': entrypointTester,
  'etc-hosts': etcHosts,
  'grpc-health-checking': grpcHealthChecking,
  guestbook,
  inclusterclient,
  liveness,
  'logs-generator': logsGenerator,
  mounttest,
  netexec,
  nettest,
  pause,
  porter,
  'serve-hostname': serveHostname,
  'tcp-reset': tcpReset,
  'test-webserver': testWebserver,
  webhook,
};

const NOT_SIMULATED = [
  'audit-proxy',
  'fake-gitserver',
  'fake-registry-server',
  'mtlsclient',
  'mtlsserver',
  'net',
  'no-snat-test',
  'no-snat-test-proxy',
  'podcertificatesigner',
  'port-forward-tester',
  'resource-consumer-controller',
  'stress',
  'test-service-account-issuer-discovery',
];

const agnhost: Program = function* (os) {
  const [, name = '', ...words] = os.argv;
  const one = SUBCOMMANDS[name];
  os.setMemory(6 * 1024 * 1024);
  if (!one) {
    const why = NOT_SIMULATED.includes(name) ? `"${name}" is not simulated` : `unknown command "${name}" for "app"`;
    os.stderr.write(`Error: ${why}\n`);
    return 1;
  }
  try {
    const { flags, args } = parse(one, words);
    return yield* one.run(os, flags, args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    os.stderr.write(`Error: ${error.message}\n`);
    return 1;
  }
};

/** https://github.com/kubernetes/kubernetes/blob/v1.35.4/test/images/agnhost/Dockerfile: a user with a group of its own. */
const USERS = baseFiles('NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.21.3\nPRETTY_NAME="Alpine Linux v3.21"\n');
const PASSWD = `${USERS['/etc/passwd']}user-defined-in-image:x:1000:1000:Linux User,,,:/home/user-defined-in-image:/bin/sh\n`;
const GROUP = `${USERS['/etc/group']}user-defined-in-image:x:1000:\ngroup-defined-in-image:x:50000:user-defined-in-image\n`;

const agnhostOf = (
  name: string,
  tags: string[],
  more: { cmd?: string[]; uid?: number; files?: ImageDef['files']; programs?: ImageDef['programs'] } = {},
): ImageDef => {
  const repository = `registry.k8s.io/e2e-test-images/${name}`;
  return {
    repository,
    tags,
    sizeBytes: 53_600_000,
    digest: digestOf(repository),
    config: {
      entrypoint: ['/agnhost'],
      cmd: more.cmd ?? ['pause'],
      exposedPorts: [80, 8080, 8081, 9376, 5000],
      env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
      ...(more.uid === undefined ? {} : { uid: more.uid }),
    },
    files: {
      ...USERS,
      '/etc/passwd': PASSWD,
      '/etc/group': GROUP,
      '/uploads/.keep': '',
      '/localhost.crt': ROOT_CA,
      ...more.files,
    },
    programs: {
      ...busyboxPrograms(),
      '/bin/bash': shellProgram('bash'),
      '/usr/bin/dig': program(digOf('9.18.37')),
      '/usr/bin/curl': curlProgram,
      '/usr/bin/getent': program(getent),
      '/usr/bin/nc': program(ncOpenbsd),
      '/usr/bin/nslookup': program(nslookupBind),
      ...more.programs,
      '/agnhost': agnhost,
      '/agnhost-2': agnhost,
    },
  };
};

const TAGS = ['2.39', '2.40', '2.43', '2.45', '2.47', '2.52', '2.53', '2.55', '2.56', '2.57', '2.59'];

/** agnhost, which holds a CoreDNS as well, and the images that are agnhost with another command, user or page. */
export const agnhostImages = (coredns: Program): readonly ImageDef[] => [
  agnhostOf('agnhost', TAGS, { programs: { '/coredns': coredns } }),
  agnhostOf('kitten', ['1.5', '1.6', '1.7'], {
    cmd: ['test-webserver'],
    files: { '/data.json': '{\n  "image": "kitten.jpg"\n}\n' },
  }),
  agnhostOf('nautilus', ['1.5', '1.6', '1.7'], {
    cmd: ['test-webserver'],
    files: { '/data.json': '{\n  "image": "nautilus.jpg"\n}\n' },
  }),
  agnhostOf('nonroot', ['1.1', '1.2', '1.3', '1.4'], { uid: 1234 }),
];
