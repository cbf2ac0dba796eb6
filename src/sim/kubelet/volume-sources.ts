import type { Json, KubeObject } from '../../kube/object.ts';
import type { ApiClient } from '../api/api.ts';
import { podToken } from '../api/pod-token.ts';
import { place } from '../process/image-root.ts';
import { ContainerFs, dirNode, type FsNode, fileNode } from '../process/memory-fs.ts';
import type { World } from '../world.ts';
import { fieldRefValue, resourceRefValue } from './downward.ts';
import { dataOf, type EnvContext } from './env.ts';

export interface VolumeContext {
  world: World;
  api: ApiClient;
  pod: KubeObject;
  /** The node's own disk: hostPath and local volumes live there and survive pods. */
  disk: FsNode;
  env(): EnvContext;
}

/** A volume cannot be set up; the message is what follows `MountVolume.SetUp failed for volume "v" : `. */
export class VolumeFault extends Error {
  override readonly name = 'VolumeFault';
}

export interface PayloadFile {
  path: string;
  content: string;
  mode: number;
}

/** The directory on the node behind hostPath and persistent volumes; undefined for other sources. */
export function diskNode(ctx: VolumeContext, spec: Json): FsNode | undefined {
  if (spec.hostPath) return hostPath(ctx, spec.hostPath.path, spec.hostPath.type ?? '');
  const claimName =
    spec.persistentVolumeClaim?.claimName ?? (spec.ephemeral ? `${ctx.pod.metadata.name}-${spec.name}` : undefined);
  if (claimName === undefined) return undefined;
  const claim = ctx.api.get('v1/PersistentVolumeClaim', ctx.pod.metadata.namespace, claimName);
  if (!claim) throw new VolumeFault(`persistentvolumeclaim "${claimName}" not found`);
  const volumeName = claim.spec?.volumeName;
  if (!volumeName || claim.status?.phase !== 'Bound') throw new VolumeFault('PVC is not bound');
  const volume = ctx.api.get('v1/PersistentVolume', undefined, volumeName);
  if (!volume) throw new VolumeFault(`persistentvolume "${volumeName}" not found`);
  const { hostPath: host, local } = volume.spec;
  if (host) return hostPath(ctx, host.path, host.type ?? 'DirectoryOrCreate');
  if (local) return hostPath(ctx, local.path, 'Local');
  throw new VolumeFault(`the source of volume "${volumeName}" is not supported by the simulated kubelet`);
}

const TYPE_NAMES: Record<string, string> = {
  Directory: 'a directory',
  File: 'a file',
  Socket: 'a socket file',
  CharDevice: 'a character device',
  BlockDevice: 'a block device',
};

function hostPath(ctx: VolumeContext, path: string, type: string): FsNode {
  const fs = new ContainerFs(ctx.disk, () => ctx.world.nowMs);
  const node = fs.find(path, 0, true)?.node;
  if (node) {
    const wanted = type.replace('OrCreate', '');
    const is = node.type === 'dir' ? 'Directory' : 'File';
    if (wanted in TYPE_NAMES && wanted !== is) fail(path, wanted);
    return node;
  }
  if (type in TYPE_NAMES) fail(path, type);
  if (type === 'Local') throw new VolumeFault(`path "${path}" does not exist`);
  const made =
    type === 'FileOrCreate'
      ? fileNode(ctx.disk.owner, '', 0o644, ctx.world.nowMs)
      : dirNode(ctx.disk.owner, 0o755, ctx.world.nowMs);
  place(ctx.disk, path, made);
  return made;
}

function fail(path: string, type: string): never {
  throw new VolumeFault(`hostPath type check failed: ${path} is not ${TYPE_NAMES[type]}`);
}

/** Files of a configMap, secret, downwardAPI or projected volume. */
export function payloadOf(ctx: VolumeContext, spec: Json): PayloadFile[] {
  if (spec.projected) {
    const mode = spec.projected.defaultMode ?? 0o644;
    return projectedFiles(ctx, spec.projected.sources ?? [], mode);
  }
  const source = spec.secret
    ? { secret: { ...spec.secret, name: spec.secret.secretName } }
    : { configMap: spec.configMap, downwardAPI: spec.downwardAPI };
  const body = spec.configMap ?? spec.secret ?? spec.downwardAPI;
  if (!body) {
    const kind = Object.keys(spec).find((key) => key !== 'name') ?? 'unknown';
    throw new VolumeFault(`volumes of type ${kind} are not supported by the simulated kubelet`);
  }
  return sourceFiles(ctx, source, body.defaultMode ?? 0o644);
}

/** All sources are looked at; their faults are told together. */
function projectedFiles(ctx: VolumeContext, sources: Json[], mode: number): PayloadFile[] {
  const faults: string[] = [];
  const files = sources.flatMap((source) => {
    try {
      return sourceFiles(ctx, source, mode);
    } catch (error) {
      if (!(error instanceof VolumeFault)) throw error;
      faults.push(error.message);
      return [];
    }
  });
  if (faults.length === 0) return files;
  throw new VolumeFault(faults.length === 1 ? (faults[0] as string) : `[${faults.join(', ')}]`);
}

function sourceFiles(ctx: VolumeContext, source: Json, mode: number): PayloadFile[] {
  if (source.configMap) return keyFiles(ctx, 'ConfigMap', source.configMap, mode);
  if (source.secret) return keyFiles(ctx, 'Secret', source.secret, mode);
  if (source.downwardAPI) {
    return (source.downwardAPI.items ?? []).map((item: Json) => ({
      path: item.path,
      content: item.fieldRef
        ? fieldRefValue(ctx.env(), item.fieldRef.fieldPath)
        : resourceRefValue(ctx.env(), undefined, item.resourceFieldRef),
      mode: item.mode ?? mode,
    }));
  }
  if (source.serviceAccountToken) {
    const { namespace } = ctx.pod.metadata;
    const account = ctx.api.get('v1/ServiceAccount', namespace, ctx.pod.spec.serviceAccountName ?? 'default');
    const node = ctx.api.get('v1/Node', undefined, ctx.env().nodeName);
    const content = podToken(ctx.pod, source.serviceAccountToken, { account, node });
    return [{ path: source.serviceAccountToken.path, content, mode }];
  }
  throw new VolumeFault(`projected source ${Object.keys(source)[0]} is not supported by the simulated kubelet`);
}

function keyFiles(ctx: VolumeContext, kind: 'ConfigMap' | 'Secret', ref: Json, mode: number): PayloadFile[] {
  const object = ctx.api.get(`v1/${kind}`, ctx.pod.metadata.namespace, ref.name);
  if (!object) {
    if (ref.optional) return [];
    throw new VolumeFault(`${kind.toLowerCase()} "${ref.name}" not found`);
  }
  const data = dataOf(object);
  if (!ref.items?.length) return Object.keys(data).map((key) => ({ path: key, content: data[key] as string, mode }));
  const files: PayloadFile[] = [];
  for (const item of ref.items) {
    const content = data[item.key];
    if (content !== undefined) files.push({ path: item.path, content, mode: item.mode ?? mode });
    else if (!ref.optional) {
      throw new VolumeFault(
        `${kind === 'Secret' ? 'references non-existent secret' : 'configmap references non-existent config'} key: ${item.key}`,
      );
    }
  }
  return files;
}
