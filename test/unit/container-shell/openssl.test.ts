import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { EmbeddedCluster } from '../../../src/cluster/embedded.ts';
import { shellNetwork } from '../../../src/host/shell-network.ts';
import { createShell } from '../../../src/shell/shell.ts';
import { createSimulation } from '../../../src/sim/simulation.ts';

/** Certificates with what OpenSSL 3.0 prints of them. */
const {
  certificates,
  recorded,
}: {
  certificates: Record<string, string>;
  recorded: { certificate: string; options: string; stdout: string; stderr: string }[];
} = JSON.parse(readFileSync(new URL('openssl.recorded.json', import.meta.url), 'utf8'));

let shell: ReturnType<typeof createShell>;
const sh = async (command: string) => {
  const { stdout, stderr, exitCode } = await shell.exec(command, { timeoutMs: 120_000 });
  return { stdout, stderr, exitCode };
};

beforeAll(async () => {
  const cluster = new EmbeddedCluster(createSimulation({ seed: 'openssl' }));
  shell = createShell({ cluster, seed: 'openssl', network: shellNetwork(cluster) });
  for (const name in certificates) await shell.fs.writeFile(`/home/agent/${name}.pem`, certificates[name] as string);
});

describe('openssl', () => {
  it.each(recorded)('x509 $options of $certificate', async ({ certificate, options, stdout, stderr }) => {
    expect(await sh(`openssl x509 -in ${certificate}.pem ${options}`)).toEqual({ stdout, stderr, exitCode: 0 });
  });

  it('reads standard input, DER and expiry', async () => {
    expect((await sh('openssl x509 -outform der -in ec.pem | openssl x509 -noout -subject')).stdout).toBe(
      'subject=CN = kubernetes\n',
    );
    expect(await sh('openssl x509 -in ec.pem -noout -checkend 60')).toMatchObject({
      stdout: 'Certificate will not expire\n',
      exitCode: 0,
    });
    expect(await sh('openssl x509 -in rsa.pem -noout -checkend 99999999')).toMatchObject({
      stdout: 'Certificate will expire\n',
      exitCode: 1,
    });
  });

  it.each([
    ['echo hi | openssl x509 -noout', 'Could not read certificate from <stdin>\nUnable to load certificate\n'],
    ['openssl foo', 'Invalid command \'foo\'; type "help" for a list.\n'],
    ['openssl genrsa 2048', 'openssl: genrsa is not supported here\n'],
    ['openssl x509 -in ec.pem -noout -hash', 'x509: the option -hash is not supported here\n'],
  ])('%s', async (command, stderr) => {
    expect(await sh(command)).toEqual({ stdout: '', stderr, exitCode: 1 });
  });

  it('shows the certificate of the API server', async () => {
    const dates = 'openssl s_client -connect 10.96.0.1:443 </dev/null 2>/dev/null | openssl x509 -noout -dates -issuer';
    expect((await sh(dates)).stdout).toBe(
      'notBefore=Jan 15 09:00:00 2026 GMT\nnotAfter=Jan 15 09:00:00 2027 GMT\nissuer=CN = kubernetes\n',
    );
    await sh("kubectl get cm kube-root-ca.crt -o jsonpath='{.data.ca\\.crt}' > ca.crt");
    const verified = 'openssl s_client -connect 172.18.0.2:6443 -CAfile ca.crt </dev/null 2>/dev/null | grep -i verif';
    expect((await sh(verified)).stdout).toBe('Verification: OK\nVerify return code: 0 (ok)\n');
  });

  it('meets servers without TLS', async () => {
    const at = await sh("kubectl get svc -n observe prometheus-server -o jsonpath='{.spec.clusterIP}'");
    expect(await sh(`openssl s_client -connect ${at.stdout}:80 </dev/null | grep peer`)).toEqual({
      stdout: 'no peer certificate available\n',
      stderr: 'write:errno=104\n',
      exitCode: 0,
    });
    expect(
      (await sh(`exec 3<>/dev/tcp/${at.stdout}/80; echo hi >&3; cat <&3; curl -s ${at.stdout}/-/ready`)).exitCode,
    ).toBe(0);
  });
});

describe('the network of the machine', () => {
  it.each([
    ['ip route', 'default via 172.18.0.1 dev eth0 \n172.18.0.0/16 dev eth0 proto kernel scope link src 172.18.0.2 \n'],
    ['ip -br addr', 'lo               UNKNOWN        127.0.0.1/8 \neth0@if27        UP             172.18.0.2/16 \n'],
    [
      'netstat -rn',
      'Kernel IP routing table\nDestination     Gateway         Genmask         Flags   MSS Window  irtt Iface\n0.0.0.0         172.18.0.1      0.0.0.0         UG        0 0          0 eth0\n172.18.0.0      0.0.0.0         255.255.0.0     U         0 0          0 eth0\n',
    ],
    ['df -h /tmp', 'Filesystem      Size  Used Avail Use% Mounted on\noverlay          97G   18G   80G  19% /\n'],
    [
      'ping -c 1 -W 1 10.244.9.9',
      'PING 10.244.9.9 (10.244.9.9) 56(84) bytes of data.\n\n--- 10.244.9.9 ping statistics ---\n1 packets transmitted, 0 received, 100% packet loss, time 1000ms\n\n',
    ],
    ['ping -c 1 nosuch 2>&1', 'ping: nosuch: Name or service not known\n'],
    ['ip route get 172.18.0.3', '172.18.0.3 dev eth0 src 172.18.0.2 uid 0 \n    cache \n'],
  ])('%s', async (command, stdout) => {
    expect((await sh(command)).stdout).toBe(stdout);
  });
});
