import { beforeAll, describe, expect, it } from 'vitest';
import { KubeClient } from '../../src/cluster/client.ts';
import { AgentActions } from '../../src/session/actions.ts';
import { HOTELS, Lab, NAMESPACE, USER } from './lab.ts';

const NOT_THERE = 'Error: Your service/namespace does not exist. Use kubectl to check.';

describe('what the tools answer', () => {
  let lab: Lab;
  let actions: AgentActions;
  beforeAll(async () => {
    lab = await Lab.open('tools');
    actions = new AgentActions(new KubeClient(lab.cluster), lab.app, lab.shell);
    await lab.load({ rate: 10, seconds: 60 });
    await lab.sleep(62_000);
  }, 60_000);

  it('get_logs gives the log of a service and one sentence for what is not there', async () => {
    const geo = await actions.getLogs(NAMESPACE, 'geo');
    expect(geo).toContain('Successfully registered in consul');
    expect(geo.length).toBeGreaterThan(1_800);
    expect(geo.length).toBeLessThan(3_500);
    expect(await actions.getLogs(NAMESPACE, 'Geo Service')).toBe(NOT_THERE);
    expect(await actions.getLogs(NAMESPACE, (await lab.pod('geo')).metadata.name)).toBe(NOT_THERE);
    await lab.scale('recommendation', 0);
    await lab.sleep(3_000);
    expect(await actions.getLogs(NAMESPACE, 'recommendation')).toBe(NOT_THERE);
    await lab.scale('recommendation', 1);
  });

  it('get_metrics lists a file per metric, and read_metrics prints a table', async () => {
    const listing = (await actions.getMetrics(NAMESPACE, 5)).split('\n');
    expect(listing[0]).toMatch(/^Metrics data exported to directory: .*\/metrics_output\/metric_\d{8}_\d{6}$/);
    expect(listing.slice(1, 3)).toEqual(['', 'Folder structure of exported metrics:']);
    expect(listing[4]).toBe('    container/');
    const files = listing.slice(5).filter((line) => line !== '');
    expect(files).toHaveLength(26);
    expect(files.every((line) => /^ {8}kpi_container_\w+\.csv$/.test(line))).toBe(true);
    const directory = listing[0]?.slice('Metrics data exported to directory: '.length);
    const table = (await actions.readMetrics(`${directory}/container/kpi_container_memory_rss.csv`)).split('\n');
    expect(table[0]?.trim().split(/\s+/)).toEqual(['timestamp', 'cmdb_id', 'kpi_name', 'value']);
    const pod = (await lab.pod('geo')).metadata.name;
    const rows = table.filter((line) => line.includes(`.${pod} `));
    expect(rows[0]).toMatch(/^ *\d{10} +kind-worker2?\.geo-\S+ +container_memory_rss +\d+\.\d{3}$/);
    const stamps = rows.map((row) => row.trim().split(/\s+/)[0]);
    // the pause container, the application's and the pod's own cgroup
    expect(stamps.filter((stamp) => stamp === stamps[0])).toHaveLength(3);
  });

  it('get_traces writes one row per span, and read_traces prints them', async () => {
    const answer = await actions.getTraces(NAMESPACE, 5);
    const path = /^Traces data exported to: (\S+\/trace_output\/traces_\d{10}\.csv)\n$/.exec(answer)?.[1] as string;
    const table = (await actions.readTraces(path)).trimEnd().split('\n');
    expect(table[0]?.trim().split(/\s+/)).toEqual([
      ...['trace_id', 'span_id', 'parent_span', 'service_name', 'operation_name', 'start_time', 'duration'],
      ...['has_error', 'response'],
    ]);
    expect(table.join('\n').length).toBeGreaterThan(100_000);
    const roots = table.filter((line) => / ROOT /.test(line));
    expect(roots.length).toBeGreaterThan(99);
    expect(roots.every((line) => /HTTP (GET|POST) \/\w+ +\d{16} +\d+ +False +200$/.test(line))).toBe(true);
    const seen = new Set(table.slice(1).map((line) => line.trim().split(/\s+/)[1]));
    expect(seen.size).toBe(table.length - 1);
  });

  it('kubectl answers changes and mistakes in its own words', async () => {
    expect(await lab.kubectl('scale deployment user --replicas=1')).toBe('deployment.apps/user scaled\n');
    expect(await lab.kubectl('rollout restart deployment geo')).toBe('deployment.apps/geo restarted\n');
    expect(await lab.kubectl('set env deployment/rate A=b')).toBe('deployment.apps/rate env updated\n');
    expect(await lab.kubectl('set image deployment/rate hotel-reserv-rate=yinfangchen/hotelreservation:latest')).toBe(
      '',
    );
    expect(await lab.kubectl('get pods user-service')).toBe(
      'Error from server (NotFound): pods "user-service" not found\n',
    );
    expect(await lab.kubectl('get test-hotel-reservation')).toBe(
      'error: the server doesn\'t have a resource type "test-hotel-reservation"\n',
    );
    expect(await lab.kubectl('patch deployment geo')).toMatch(
      /^error: must specify --patch or --patch-file containing the contents of the patch\n/,
    );
    const name = (await lab.pod('user')).metadata.name;
    expect(await lab.kubectl(`logs ${name} --previous`)).toBe(
      `Error from server (BadRequest): previous terminated container "hotel-reserv-user" in pod "${name}" not found\n`,
    );
    expect(await lab.kubectl('logs -l app=x')).toBe('No resources found in test-hotel-reservation namespace.\n');
    expect(await lab.sh('kubectl create namespace test-hotel-reservation')).toBe(
      'Error from server (AlreadyExists): namespaces "test-hotel-reservation" already exists\n',
    );
    expect(await lab.sh('kubectl top pods')).toBe('error: Metrics API not available\n');
  });

  it('programs that an image does not have are missing there', async () => {
    const name = (await lab.pod('mongodb-geo')).metadata.name;
    expect(await lab.kubectl(`exec ${name} -- netstat`)).toMatch(
      /OCI runtime exec failed: exec failed: unable to start container process: exec: "netstat": executable file not found in \$PATH/,
    );
    expect(await lab.kubectl(`exec ${name} -- sh -c curl`)).toMatch(
      /^sh: 1: curl: not found\ncommand terminated with exit code 127\n$/,
    );
    expect(await lab.kubectl(`exec ${name} -- timeout 1 sleep 5`)).toBe('command terminated with exit code 124\n');
    expect(await lab.kubectl(`exec ${name} -- /scripts/revoke-mitigate-admin-geo-mongo.sh`)).toMatch(
      /permission denied/,
    );
    expect(await lab.kubectl(`exec ${name} -- chmod +x /scripts/revoke-mitigate-admin-geo-mongo.sh`)).toContain(
      'Read-only file system',
    );
    const mitigated = await lab.kubectl(`exec ${name} -- sh /scripts/revoke-mitigate-admin-geo-mongo.sh`);
    expect(mitigated).toContain('Restoring readWrite privilege to the admin user for the geo-db database...');
    expect(mitigated).toContain('MongoDB shell version v4.4.6');
    expect(mitigated).toContain(
      'connecting to: mongodb://127.0.0.1:27017/admin?authSource=admin&compressors=disabled&gssapiServiceName=mongodb',
    );
  });
});

describe('what an agent finds at its first look', () => {
  const firstLook = async (lab: Lab, service: string): Promise<string> => {
    const table = await lab.kubectl(`get pods -l io.kompose.service=${service}`);
    return table.trim().split('\n').at(-1) as string;
  };

  it('revoked role and dropped user', async () => {
    const lab = await Lab.open('first look auth');
    await lab.exec('mongodb-geo', ['/bin/bash', '/scripts/revoke-admin-geo-mongo.sh']);
    await lab.exec('mongodb-rate', ['/bin/bash', '/scripts/remove-admin-mongo.sh']);
    await lab.deletePod('geo');
    await lab.deletePod('rate');
    await lab.sleep(17_500);
    for (const service of ['geo', 'rate']) {
      expect(await firstLook(lab, service)).toMatch(
        new RegExp(`^${service}-\\S+ +0/1 +(Error|CrashLoopBackOff) +[12] \\(\\d+s ago\\) +1[78]s$`),
      );
    }
    const mongo = (await lab.log('mongodb-geo'))
      .filter((line) => line.startsWith('{"t"'))
      .map((line) => JSON.parse(line));
    const refused = mongo.filter((entry) => entry.id === 20436).at(-1);
    expect(refused).toMatchObject({
      msg: 'Checking authorization failed',
      attr: { error: { code: 13, codeName: 'Unauthorized' } },
    });
    expect(refused.attr.error.errmsg).toMatch(/^not authorized on geo-db to execute command \{ count: "geo"/);
    expect((await lab.http(HOTELS)).body).toContain('there is no connection available');
  });

  it('an image whose configuration names a wrong port', async () => {
    const lab = await Lab.open('first look app3');
    await lab.kubectl('set image deployment/geo hotel-reserv-geo=yinfangchen/geo:app3');
    await lab.sleep(60_000);
    const raw = await lab.kubectl('logs deployment/geo');
    expect(raw).toContain('mongodb-geo:27777');
    const deployment = await lab.api('GET', lab.deploymentPath('geo'));
    expect(deployment.metadata.generation).toBe(2);
    expect(deployment.metadata.annotations['deployment.kubernetes.io/revision']).toBe('2');
    const pod = (await lab.pods('geo')).find((p) => p.spec.containers[0].image === 'yinfangchen/geo:app3');
    expect(pod.status.containerStatuses[0].restartCount).toBeGreaterThan(0);
    expect((await lab.events('Pod', pod.metadata.name)).join('\n')).toContain('Image size: 447578122 bytes.');
    await lab.kubectl('rollout undo deployment/geo');
    await lab.until(async () => (await lab.http(HOTELS)).status === 200, 60_000, 1_000);
  });

  it('a killed container', async () => {
    const lab = await Lab.open('first look kill');
    await lab.kill('geo');
    await lab.sleep(15_000);
    expect(await firstLook(lab, 'geo')).toMatch(/^geo-\S+ +1\/1 +Running +1 \(1[3-6]s ago\) +\d+s$/);
    const pod = await lab.pod('geo');
    const events = await lab.events('Pod', pod.metadata.name);
    expect(events.some((event) => event.includes('Killing'))).toBe(false);
    const table = await lab.kubectl(`get events --field-selector involvedObject.name=${pod.metadata.name}`);
    expect(table).toMatch(/\(x2 over|Started/);
    expect((await lab.messages('geo')).at(-1)).toContain('Successfully registered in consul');
    expect((await lab.http(USER, 'POST')).status).toBe(200);
  });
});
