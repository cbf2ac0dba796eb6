import { beforeAll, describe, expect, it } from 'vitest';
import { embeddedShell } from '../../support/embedded-shell.ts';

const { sh } = embeddedShell('agnhost');

const IMAGE = 'registry.k8s.io/e2e-test-images/agnhost:2.59';
const run = (name: string, args: string, more = '') =>
  sh(`kubectl run ${name} --image=${IMAGE} --restart=Never ${more} -- ${args}`);
const out = async (command: string): Promise<string> => (await sh(command)).stdout;
const inside = (path: string): Promise<string> => out(`kubectl exec server -- curl -s 'localhost:8080${path}'`);

beforeAll(async () => {
  await run('server', 'netexec --delay-shutdown=3', '--labels=app=server');
  await run('name', 'serve-hostname');
  await run('files', 'mounttest --new_file_0660=/data --file_perm=/data --file_owner=/data --file_mode=/tmp');
  await run('mount', 'mounttest --fs_type=/dev --file_content=/nope');
  await run('words', 'entrypoint-tester one two');
  await run('lines', 'logs-generator -t 3 -d 1s');
  await run('peer', 'nettest --service=peer');
  await run('odd', 'mtlsserver');
  await run('wrong', 'netexec --nope');
  await sh('kubectl expose pod server --port=80 --target-port=8080; sleep 10');
});

describe('agnhost', () => {
  it('is reached through the proxy of the API server, whose root has a slash', async () => {
    const path = '/api/v1/namespaces/default/pods/server:8080/proxy';
    expect(await out(`kubectl get --raw ${path}`)).toMatch(/^NOW: /);
    expect(await out(`kubectl get --raw '${path}/echo?msg=hi'`)).toBe('hi');
    expect(await out(`kubectl get --raw '${path}/echo?msg=%3Ca%20href=/x%3E'`)).toBe(`<a href="${path}/x">`);
    expect(await out(`kubectl get --raw '${path}/redirect?code=302&location=/hostname'`)).toBe('server');
  });

  it('says what it is asked over HTTP and UDP, and asks others', async () => {
    expect(await inside('/hostname')).toBe('server');
    expect(await inside('/echo?msg=hello%20there')).toBe('hello there');
    expect(await inside('/shell?cmd=echo%20a%3B%20exit%203')).toBe('{"output":"a\\n","error":"exit status 3"}');
    expect(await inside('/header?key=User-Agent')).toBe('curl/8.9.1');
    expect(await inside('/dial?host=server.default&port=80&request=hostname&tries=2')).toBe(
      '{"responses":["server","server"]}',
    );
    const ip = await out("kubectl get pod server -o jsonpath='{.status.podIP}'");
    expect(await inside(`/dial?host=${ip}&port=8081&request=echo%20x&protocol=udp`)).toBe('{"responses":["x"]}');
    expect(await inside(`/dial?host=${ip}&port=81&request=hostname`)).toBe(
      `{"errors":["Get \\"http://${ip}:81/hostname\\": dial tcp ${ip}:81: connect: connection refused"]}`,
    );
    expect(await inside('/dial?host=server&port=80')).toBe('request parameter not specified. <nil>\n');
    expect((await sh(`kubectl exec server -- /agnhost connect --timeout=2s ${ip}:81`)).stderr).toBe(
      'REFUSED\ncommand terminated with exit code 1\n',
    );
    expect(await out('kubectl exec name -- curl -s localhost:9376')).toBe('name');
    expect(await out('kubectl exec server -- /agnhost dns-suffix')).toBe(
      'default.svc.cluster.local,svc.cluster.local,cluster.local\n',
    );
  });

  it('looks at files as Go does', async () => {
    expect(await out('kubectl logs files')).toBe(
      'content of file "/data": mount-tester new file\n\nmode of file "/tmp": dtrwxrwxrwx\n' +
        'perms of file "/data": -rw-rw----\nowner UID of "/data": 0\nowner GID of "/data": 0\n',
    );
    expect(await out('kubectl logs mount')).toBe(
      'mount type of "/dev": tmpfs\nerror reading file content for "/nope": open /nope: no such file or directory\n',
    );
  });

  it('prints, and says what it does not know', async () => {
    expect(await out('kubectl logs words')).toBe('[/agnhost entrypoint-tester one two]\n');
    expect((await out('kubectl logs lines')).split('\n')).toEqual([
      expect.stringMatching(
        /^I\d{4} \S+ {7}1 logs_generator.go:77\] 0 (GET|POST|PUT) \/api\/v1\/namespaces\/\S+ \d{3}$/,
      ),
      expect.stringContaining('] 1 '),
      expect.stringContaining('] 2 '),
      '',
    ]);
    expect(await out('kubectl logs odd')).toBe('Error: "mtlsserver" is not simulated\n');
    expect(await out('kubectl logs wrong')).toBe('Error: unknown flag: --nope\n');
    expect(await out("kubectl get pods odd wrong --no-headers | awk '{print $1, $3}'")).toBe(
      'odd Error\nwrong Error\n',
    );
  });

  it('counts who wrote to it', async () => {
    const ip = await out("kubectl get pod peer -o jsonpath='{.status.podIP}'");
    const post = `wget -qO- --post-data='{"Source": "me"}' http://${ip}:8080/write`;
    expect(await out(`kubectl exec server -- ${post}`)).toBe('{"Hostname":"peer"}\n');
    expect(JSON.parse(await out('kubectl get --raw /api/v1/namespaces/default/pods/peer:8080/proxy/read'))).toEqual({
      Hostname: 'peer',
      Sent: null,
      Received: { me: 1 },
      Errors: null,
      Log: null,
      StillContactingPeers: true,
    });
  });

  it('ends on SIGTERM only after its delay', async () => {
    const took = await out('date +%s; kubectl delete pod server >/dev/null; date +%s');
    const [before = 0, after = 0] = took.trim().split('\n').map(Number);
    expect(after - before).toBeGreaterThanOrEqual(3);
    expect(after - before).toBeLessThan(8);
  });
});
