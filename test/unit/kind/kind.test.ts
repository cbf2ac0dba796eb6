import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { EmbeddedCluster } from '../../../src/cluster/embedded.ts';
import { createShell, defineHelmCommand } from '../../../src/shell/index.ts';
import { createSimulation } from '../../../src/sim/simulation.ts';
import { readFolder } from '../helm/read-folder.ts';

const SCRIPTS = ['scripts/kind/up.sh', 'scripts/kind/down.sh'];

describe('charts/observability', () => {
  it('renders objects that the API server takes, without a word that it does not know', async () => {
    const cluster = new EmbeddedCluster(createSimulation({ seed: 'kind' }));
    const shell = createShell({ cluster, extraCommands: [defineHelmCommand({ cluster })] });
    for (const [path, text] of Object.entries(readFolder('charts/observability'))) {
      const full = `/home/agent/observability/${path}`;
      await shell.fs.mkdir(full.slice(0, full.lastIndexOf('/')), { recursive: true });
      await shell.fs.writeFile(full, text);
    }
    const rendered = await shell.exec('helm template observability observability -n default > all.yaml; echo $?');
    expect(rendered).toMatchObject({ stdout: '0\n', stderr: '' });
    const applied = await shell.exec('kubectl apply --dry-run=server --validate=strict -n default -f all.yaml');
    expect(applied.stderr).toBe('');
    expect(applied.stdout.split('\n').sort()).toEqual([
      '',
      'clusterrole.rbac.authorization.k8s.io/default-log-shipper created (server dry run)',
      'clusterrole.rbac.authorization.k8s.io/default-prometheus-server created (server dry run)',
      'clusterrolebinding.rbac.authorization.k8s.io/default-log-shipper created (server dry run)',
      'clusterrolebinding.rbac.authorization.k8s.io/default-prometheus-server created (server dry run)',
      'configmap/log-shipper created (server dry run)',
      'configmap/prometheus-server created (server dry run)',
      'daemonset.apps/log-shipper created (server dry run)',
      'deployment.apps/jaeger created (server dry run)',
      'deployment.apps/prometheus-server created (server dry run)',
      'service/elasticsearch created (server dry run)',
      'service/jaeger created (server dry run)',
      'service/prometheus-server created (server dry run)',
      'serviceaccount/log-shipper created (server dry run)',
      'serviceaccount/prometheus-server created (server dry run)',
      'statefulset.apps/elasticsearch created (server dry run)',
    ]);
  });

  it('holds configurations that are YAML', () => {
    const files = readFolder('charts/observability');
    const prometheus = files['charts/prometheus/templates/config.yaml']?.replaceAll(/\{\{.*?\}\}/g, '15s') ?? '';
    expect(Object.keys(parse(parse(prometheus).data['prometheus.yml']))).toEqual(['global', 'scrape_configs']);
  });
});

describe('scripts/kind', () => {
  it.each(SCRIPTS)('%s is sound shell', (script) => {
    execFileSync('sh', ['-n', script]);
    const text = readFileSync(script, 'utf8');
    const code = text.replace(/^\s*#.*$/gm, '');
    expect(text.startsWith('#!/bin/sh\n')).toBe(true);
    expect(code).toContain('\nset -eu\n');
    // What word splitting would tear: a variable outside of quotes, assignments and case words apart.
    const bare = code
      .split('\n')
      .filter((line) => !/^\s*(\w+=|case )/.test(line))
      .filter((line) => /\$\w|\$\{/.test(line.replace(/"(?:[^"\\]|\\.)*"/g, '""').replace(/'[^']*'/g, "''")));
    expect(bare).toEqual([]);
    expect(code).not.toMatch(/`|\[\[|\bfunction \b|\blocal \b|curl .*\| *(ba)?sh/);
  });

  it('makes a cluster of several nodes', () => {
    const { kind, nodes } = parse(readFileSync('scripts/kind/cluster.yaml', 'utf8'));
    expect([kind, nodes.map((node: { role: string }) => node.role)]).toEqual([
      'Cluster',
      ['control-plane', 'worker', 'worker'],
    ]);
  });
});
