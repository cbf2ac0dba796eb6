import type { DeployedApp } from '../apps/index.ts';
import type { KubeClient } from '../cluster/client.ts';
import type { ApplicationProfile, Holding } from './application.ts';

/** What a command prints in a pod of a service; undefined when there is no pod or it fails. */
export async function execIn(
  kube: KubeClient,
  app: DeployedApp,
  service: string,
  command: readonly string[],
): Promise<string | undefined> {
  const pods = await kube.list('pods', app.namespace, `${app.serviceLabel}=${service}`);
  const pod = pods.find(({ metadata }) => !metadata.deletionTimestamp);
  const result = pod && (await kube.exec(app.namespace, pod.metadata.name, [...command]));
  return result?.exitCode === 0 ? result.stdout : undefined;
}

/** What the application keeps and what it keeps closed, as it was before the incident. */
export interface Keeping {
  /** Names of the locks that were closed. */
  closed: readonly string[];
  kept: readonly Kept[];
}

interface Kept {
  holding: Holding;
  /** The volume that it lay on, by uid. */
  volume: string;
  amounts: ReadonlyMap<string, number>;
}

export async function takeKeeping(kube: KubeClient, app: DeployedApp, profile: ApplicationProfile): Promise<Keeping> {
  const closed: string[] = [];
  for (const { name, service, command } of profile.locks) {
    if ((await execIn(kube, app, service, command)) === undefined) closed.push(name);
  }
  const kept: Kept[] = [];
  for (const holding of profile.holdings) {
    const claim = await kube.get('persistentvolumeclaims', app.namespace, holding.claim);
    const volume = claim && (await kube.get('persistentvolumes', undefined, claim.spec.volumeName));
    const amounts = await amountsOf(kube, app, holding);
    if (volume && amounts && amounts.size > 0) kept.push({ holding, volume: volume.metadata.uid, amounts });
  }
  return { closed, kept };
}

/** Without what the incident itself has destroyed: a volume that is gone, or that goes with its claim. */
export async function survivors(kube: KubeClient, { closed, kept }: Keeping): Promise<Keeping> {
  const volumes = await kube.list('persistentvolumes');
  const isThere = ({ volume }: Kept): boolean =>
    volumes.some(
      ({ metadata, spec, status }) =>
        metadata.uid === volume && !(status?.phase === 'Released' && spec.persistentVolumeReclaimPolicy === 'Delete'),
    );
  return { closed, kept: kept.filter(isThere) };
}

/** What was lost or laid open since. What cannot be read at the moment is unknown; what is lost stays so. */
export async function lostSince(
  kube: KubeClient,
  app: DeployedApp,
  profile: ApplicationProfile,
  { closed, kept }: Keeping,
): Promise<{ lost: string[]; unknown: string[] }> {
  const lost: string[] = [];
  const unknown: string[] = [];
  for (const { name, service, command } of profile.locks) {
    if (closed.includes(name) && (await execIn(kube, app, service, command)) !== undefined)
      lost.push(`${name}: open, was closed`);
  }
  for (const { holding, amounts } of kept) {
    const now = await amountsOf(kube, app, holding);
    if (!now) unknown.push(`data of ${holding.service}: cannot be read`);
    if (!now) continue;
    for (const [name, before] of amounts) {
      const amount = now.get(name);
      const isKept = amount !== undefined && (holding.mayOnly === 'grow' ? amount >= before : amount <= before);
      if (!isKept) lost.push(`data of ${holding.service}: ${name} was ${before}, is ${amount ?? 'gone'}`);
    }
  }
  return { lost, unknown };
}

async function amountsOf(
  kube: KubeClient,
  app: DeployedApp,
  holding: Holding,
): Promise<Map<string, number> | undefined> {
  const text = await execIn(kube, app, holding.service, holding.command);
  if (text === undefined) return undefined;
  return new Map(Array.from(text.matchAll(/^(\S+) (\d+)$/gm), ([, name = '', amount]) => [name, Number(amount)]));
}
