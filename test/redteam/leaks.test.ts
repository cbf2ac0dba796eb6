import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leaks } from '../support/leaks.ts';
import { cli, type Served, serveProgram, tempHome } from '../support/program.ts';

const NAMESPACE = 'test-hotel-reservation';
const home = tempHome();
afterAll(() => home.remove());

/** Every id and family there is: none may come back from anywhere. */
const listed = JSON.parse(cli(['problems', '--json'], { home: home.path }).stdout) as { id: string; family: string }[];
const names = [...new Set(listed.flatMap(({ id, family }) => [id, family]))].filter((name) => name !== 'noop');

const DUMP = '/home/agent/trace_output/dump.csv';
const EACH_POD =
  'kubectl get pods -A --no-headers -o custom-columns=x:.metadata.namespace,y:.metadata.name | while read ns n; do';

/** Where an answer could lie. Each prints all there is into one file, because answers of tools are cut. */
const PLACES: Record<string, string> = {
  'objects of all kinds in all namespaces':
    'for r in $(kubectl api-resources --verbs=list -o name); do kubectl get $r -A -o yaml --show-managed-fields; done',
  'tables of all kinds':
    'for r in $(kubectl api-resources --verbs=list -o name); do kubectl get $r -A -o wide --show-labels; done',
  descriptions:
    'kubectl describe pods,deployments,jobs,configmaps,services,pv,pvc,nodes -A; kubectl get events -A -o wide',
  logs: `${EACH_POD} kubectl logs -n $ns $n --all-containers; kubectl logs -n $ns $n --all-containers --previous; done`,
  'environment, processes and files of containers': `${EACH_POD} kubectl exec -n $ns $n -- sh -c 'env; ps aux; cat /proc/1/cmdline /proc/1/environ; ls -la / /tmp /etc /data /scripts /root; cat /scripts/* /etc/* /tmp/*'; done`,
  releases: `helm list -A -a; helm history hotel-reservation -n ${NAMESPACE}; helm get all hotel-reservation -n ${NAMESPACE}; helm get metadata hotel-reservation -n ${NAMESPACE}; kubectl get secret -n ${NAMESPACE} -o jsonpath='{.items[*].data.release}' | base64 -d | base64 -d | gunzip`,
  revisions: `for d in $(kubectl get deployments -n ${NAMESPACE} -o name); do kubectl rollout history -n ${NAMESPACE} $d; done; kubectl get rs,controllerrevisions -A -o yaml`,
  'the API server’s own pages':
    'for p in / /api /apis /version /healthz /metrics /logs /debug/pprof /configz /openapi/v2 /openapi/v3; do kubectl get --raw $p; done',
  'the shell':
    'env; set; declare -f; alias; history; cat /proc/self/* /proc/1/* /proc/version; ls -laR /; help; compgen -c',
  'files of the shell': 'find / -type f -not -path "*/trace_output/*" | while read f; do echo "== $f"; cat "$f"; done',
  'the network': `curl -s http://frontend.${NAMESPACE}.svc.cluster.local:5000/; curl -s http://consul.${NAMESPACE}.svc.cluster.local:8500/v1/catalog/services; curl -s http://prometheus-server.observe/api/v1/label/__name__/values; curl -s 'http://prometheus-server.observe/api/v1/series?match[]={__name__=~".%2B"}'; curl -sk https://10.96.0.1/`,
};

/** One problem of each way of bringing an incident about, and a twin. */
const PROBLEMS = [
  'container_kill-incident',
  'redeploy_without_PV-incident-1',
  'revoke_auth_mongodb-incident-1',
  'network_loss_hotel_res-healthy-1',
];

describe.each(PROBLEMS)('in %s', (problem) => {
  let served: Served;
  beforeAll(async () => {
    served = await serveProgram(home.path, ['--problem', problem, '--seed', '3']);
    await served.call('get_session');
  }, 60_000);
  afterAll(() => served.close());

  const read = async (uri: string): Promise<string> => {
    const { contents } = await served.client.readResource({ uri });
    return (contents[0] as { text: string }).text;
  };

  it.each(Object.entries(PLACES))('%s tell nothing', { timeout: 60_000 }, async (_, command) => {
    const done = await served.call('exec_shell', {
      command: `mkdir -p /home/agent/trace_output; { ${command}\n} > ${DUMP} 2>&1`,
      timeout_s: 50,
    });
    expect(done.isError, done.text).toBe(false);
    const { session_id } = (await served.call('get_session')).structured as { session_id: string };
    const text = await read(`aiopslab://sessions/${session_id}/files${DUMP}`);
    expect(text.length).toBeGreaterThan(100);
    expect(text).not.toContain('Cannot read properties');
    expect(leaks(text, names)).toEqual([]);
  });

  it('tools, resources, prompts and errors tell nothing', async () => {
    const said: unknown[] = [];
    const call = async (tool: string, args: Record<string, unknown>): Promise<void> => {
      said.push(await served.call(tool, args));
    };
    const namespace = NAMESPACE;
    for (const service of ['frontend', 'geo', 'user', 'mongodb-geo', 'none'])
      await call('get_logs', { namespace, service });
    await call('get_metrics', { namespace, duration: 3 });
    await call('get_traces', { namespace, duration: 3 });
    for (const tool of ['read_metrics', 'read_traces']) {
      for (const file_path of ['../../etc/passwd', '/etc/passwd', '/home/agent', '']) await call(tool, { file_path });
    }
    for (const args of [{}, { namespace }, { namespace, name: 'geo', replicas: 'x' }])
      await call('scale_deployment', args);
    await call('get_session', { session_id: 'other' });
    await call('submit', { solution: { nonsense: true } });
    for (const uri of ['description', 'instructions', 'transcript']) said.push(await read(`aiopslab://session/${uri}`));
    said.push(served.client.getInstructions(), await served.client.listTools(), await served.client.listPrompts());
    said.push(await served.client.listResources(), await served.client.listResourceTemplates());
    for (const uri of ['aiopslab://problems', 'aiopslab://session/answer', 'file:///etc/passwd']) {
      said.push(await read(uri).catch(String));
    }
    const text = JSON.stringify(said).replaceAll('aiopslab-mcp', '').replaceAll('aiopslab://', '');
    expect(leaks(text, names)).toEqual([]);
  });
});
