import { describe, expect, test } from 'vitest';
import { type Chart, loadChart } from '../../../src/helm/chart.ts';
import { enableDependencies } from '../../../src/helm/dependencies.ts';
import { renderChart } from '../../../src/helm/engine.ts';
import { joinManifests, sortManifests } from '../../../src/helm/manifests.ts';
import { applySet } from '../../../src/helm/set-flags.ts';
import { coalesceValues } from '../../../src/helm/values.ts';
import { readFile, readFolder } from './read-folder.ts';

function template(chart: Chart, ...sets: string[]): string {
  const user = {};
  for (const set of sets) applySet(user, set);
  const enabled = enableDependencies(chart, user);
  const release = { name: 'rel', namespace: 'default', revision: 1, isInstall: true, isUpgrade: false };
  const rendered = renderChart(enabled, { release, values: coalesceValues(enabled, user) });
  return joinManifests(sortManifests(rendered).manifests);
}

interface Recording {
  values: string;
  cases: { template: string; stdout: string; stderr: string }[];
}

describe('expressions as recorded from helm 4.1.4', () => {
  const recording = JSON.parse(readFile('test/unit/helm/recordings/expressions.json')) as Recording;
  test.each(recording.cases.map((one) => [one.template.split('\n').slice(2).join('\n').trim(), one] as const))(
    '%s',
    (_, one) => {
      const chart = loadChart({
        'Chart.yaml': 'apiVersion: v2\nname: g\nversion: 0.1.0\n',
        'values.yaml': recording.values,
        'templates/t.yaml': one.template,
      });
      let stdout = '';
      let stderr = '';
      try {
        stdout = template(chart);
      } catch (error) {
        stderr = `Error: ${(error as Error).message}\n\nUse --debug flag to render out invalid YAML\n`;
      }
      expect(stdout).toBe(one.stdout);
      expect(stderr).toBe(one.stderr);
    },
  );
});

describe('charts/hotel-reservation renders as with the real helm', () => {
  const chart = loadChart(readFolder('charts/hotel-reservation'));
  test('defaults', () => {
    expect(template(chart)).toBe(readFile('test/unit/helm/recordings/hotel-reservation.yaml'));
  });
  test('provisioned volumes, two replicas', () => {
    const text = template(chart, 'persistence.staticVolumes=false,replicas=2');
    expect(text).toBe(readFile('test/unit/helm/recordings/hotel-reservation-provisioner.yaml'));
  });
});

describe('sub-charts', () => {
  const files = {
    'Chart.yaml':
      'apiVersion: v2\nname: top\nversion: 1.0.0\ndependencies:\n- {name: sub, version: 1.0.0, condition: sub.enabled}\n',
    'values.yaml': 'global: {g: shared}\nsub: {v: fromParent}\n',
    'templates/a.yaml': 'kind: A\nv: {{ .Values.global.g }} {{ include "name" . }}\n',
    'charts/sub/Chart.yaml': 'apiVersion: v2\nname: sub\nversion: 1.0.0\n',
    'charts/sub/values.yaml': 'v: own\nw: default\n',
    'charts/sub/templates/_h.tpl': '{{ define "name" }}{{ .Chart.Name }}{{ end }}',
    'charts/sub/templates/b.yaml':
      'kind: B\nv: {{ .Values.v }} {{ .Values.w }} {{ .Values.global.g }} {{ include "name" . }}\n',
  };
  test('see their part of the values and the globals', () => {
    expect(template(loadChart(files))).toBe(
      '---\n# Source: top/templates/a.yaml\nkind: A\nv: shared top\n' +
        '---\n# Source: top/charts/sub/templates/b.yaml\nkind: B\nv: fromParent default shared sub\n',
    );
  });
  test('are left out when their condition is false', () => {
    const without = { ...files, 'templates/a.yaml': 'kind: A\n' };
    expect(template(loadChart(without), 'sub.enabled=false')).toBe('---\n# Source: top/templates/a.yaml\nkind: A\n');
  });
});
