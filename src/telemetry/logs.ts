import { type Json, type KubeClient, KubeError } from '../cluster/client.ts';

/** AIOpsLab's answer for whatever goes wrong with get_logs, as seen in real runs. */
const NOT_THERE = 'Error: Your service/namespace does not exist. Use kubectl to check.';

/**
 * The log of a service's first pod. The service may be named by the application's label, by a Service, a Deployment or a Job. AIOpsLab
 * knows four namespaces only (quirk 56); any namespace works here.
 */
export async function serviceLog(
  kube: KubeClient,
  namespace: string,
  service: string,
  serviceLabel: string,
): Promise<string> {
  try {
    const pod = await firstPod(kube, namespace, service, serviceLabel);
    if (!pod) return NOT_THERE;
    return await kube.logs(
      namespace,
      pod.metadata.name,
      `?container=${encodeURIComponent(pod.spec.containers[0].name)}`,
    );
  } catch (error) {
    if (error instanceof KubeError) return `${NOT_THERE} (${error.message})`;
    throw error;
  }
}

async function firstPod(
  kube: KubeClient,
  namespace: string,
  service: string,
  serviceLabel: string,
): Promise<Json | undefined> {
  for (const label of [serviceLabel, 'job-name', 'app', 'app.kubernetes.io/name', 'k8s-app']) {
    const [pod] = await kube.list('pods', namespace, `${label}=${encodeLabel(service)}`);
    if (pod) return pod;
  }
  const object =
    (await kube.get('services', namespace, service)) ?? (await kube.get('deployments', namespace, service));
  const labels: Record<string, string> | undefined = object?.spec?.selector?.matchLabels ?? object?.spec?.selector;
  if (!labels) return undefined;
  const selector = Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  return (await kube.list('pods', namespace, selector))[0];
}

/** A value that is no valid label matches nothing instead of breaking the selector. */
function encodeLabel(value: string): string {
  return /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/.test(value) ? value : 'no-such-service';
}
