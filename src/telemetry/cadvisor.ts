import type { KubeClient } from '../cluster/client.ts';

export interface Sampled {
  metric: Record<string, string>;
  /** Epoch seconds and the value's text. */
  values: [number, string][];
}

/**
 * What the kubelets' cAdvisor says of a namespace at this moment, by metric, through the API server's node proxy. Throws where a
 * kubelet cannot be reached that way.
 */
export async function sampleKubelets(
  kube: KubeClient,
  namespace: string,
  atSeconds: number,
): Promise<Map<string, Sampled[]>> {
  const found = new Map<string, Sampled[]>();
  for (const node of await kube.list('nodes')) {
    const name: string = node.metadata.name;
    const response = await kube.cluster.request({
      method: 'GET',
      path: `/api/v1/nodes/${name}/proxy/metrics/cadvisor`,
      headers: { accept: 'text/plain' },
    });
    if (response.status !== 200) throw new Error(`the kubelet of ${name} answers ${response.status}`);
    for (const line of response.body.split('\n')) {
      const sample = parseSample(line);
      if (sample?.labels['namespace'] !== namespace) continue;
      const series = found.get(sample.name) ?? [];
      series.push({ metric: { ...sample.labels, instance: name }, values: [[atSeconds, sample.value]] });
      found.set(sample.name, series);
    }
  }
  return found;
}

/** A line of the text format, `name{label="value",…} value [ms]`; comments are none. */
function parseSample(line: string): { name: string; labels: Record<string, string>; value: string } | undefined {
  const match = /^(\w+)\{(.*)\} (\S+)/.exec(line);
  if (!match) return undefined;
  const labels: Record<string, string> = {};
  for (const [, key = '', text = ''] of (match[2] ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g))
    labels[key] = text.replace(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char));
  return { name: match[1] ?? '', labels, value: match[3] ?? '' };
}
