import type { Json } from '../../kube/object.ts';
import { quantityNumber } from '../../kube/quantity.ts';
import { ContainerFs, dirNode, type FsNode, fileNode, linkNode, type Mount } from '../process/memory-fs.ts';
import { diskNode, payloadOf, type VolumeContext, VolumeFault } from './volume-sources.ts';

const RETRY_FIRST_MS = 500;
const RETRY_MAX_MS = 122_000;

interface Volume {
  spec: Json;
  mount?: Mount;
  /** Of the payload that is there now, to see changes of the ConfigMap or Secret. */
  signature?: string;
  retryMs: number;
  nextTryMs: number;
}

/** The volumes of one pod: set up before its containers, kept fresh while it lives. */
export class PodVolumes {
  readonly #volumes = new Map<string, Volume>();

  constructor(readonly ctx: VolumeContext) {
    const mounted = mountedNames(ctx.pod.spec);
    for (const spec of ctx.pod.spec.volumes ?? []) {
      // A volume that no container mounts is never set up.
      if (mounted.has(spec.name)) this.#volumes.set(spec.name, { spec, retryMs: RETRY_FIRST_MS, nextTryMs: 0 });
    }
  }

  /** Names of the volumes that are not there yet. */
  missing(): string[] {
    return [...this.#volumes].filter(([, v]) => !v.mount).map(([name]) => name);
  }

  /** Tries what is due; `onFault` gets the FailedMount message of each failure. Returns when to try again, if needed. */
  trySetUp(onFault: (message: string) => void): number | undefined {
    const { world } = this.ctx;
    let next: number | undefined;
    for (const [name, volume] of this.#volumes) {
      if (volume.mount) continue;
      if (volume.nextTryMs <= world.nowMs) {
        try {
          this.#setUp(volume);
          continue;
        } catch (error) {
          if (!(error instanceof VolumeFault)) throw error;
          onFault(`MountVolume.SetUp failed for volume "${name}" : ${error.message}`);
          volume.nextTryMs = world.nowMs + volume.retryMs;
          volume.retryMs = Math.min(volume.retryMs * 2, RETRY_MAX_MS);
        }
      }
      next = Math.min(next ?? volume.nextTryMs, volume.nextTryMs);
    }
    return next;
  }

  #setUp(volume: Volume): void {
    const { spec } = volume;
    if (spec.emptyDir) {
      volume.mount = this.#emptyDir(spec.emptyDir);
      return;
    }
    const onDisk = diskNode(this.ctx, spec);
    if (onDisk) {
      volume.mount = { root: onDisk, readOnly: spec.persistentVolumeClaim?.readOnly === true };
      return;
    }
    // ConfigMaps lie on the disk; what may be secret lies in memory.
    const backing = this.#emptyDir(spec.configMap ? {} : { medium: 'Memory' });
    volume.mount = { ...backing, readOnly: true };
    try {
      this.#render(volume);
    } catch (error) {
      volume.mount = undefined;
      throw error;
    }
  }

  #emptyDir({ medium, sizeLimit }: Json): Mount {
    const group = this.ctx.pod.spec.securityContext?.fsGroup;
    const memory = medium === 'Memory';
    const mode = 0o777 | (memory ? 0o1000 : 0) | (group === undefined ? 0 : 0o2000);
    const root = dirNode({}, mode, this.ctx.world.nowMs);
    if (group !== undefined) root.gid = group;
    if (!memory) return { root, fsType: 'ext4' };
    return { root, fsType: 'tmpfs', source: 'tmpfs', sizeBytes: quantityNumber(sizeLimit) };
  }

  /** Brings files from ConfigMaps, Secrets and the downward API up to date, as each sync of the pod does. */
  refresh(): void {
    for (const volume of this.#volumes.values()) {
      if (!volume.mount || volume.signature === undefined) continue;
      try {
        this.#render(volume);
      } catch (error) {
        // The source was deleted: the files stay as they were.
        if (!(error instanceof VolumeFault)) throw error;
      }
    }
  }

  /** The atomic writer: a new time-stamped directory, `..data` points to it, each file is a link through `..data`. */
  #render(volume: Volume): void {
    const { world } = this.ctx;
    const payload = payloadOf(this.ctx, volume.spec);
    const signature = JSON.stringify(payload);
    if (signature === volume.signature) return;
    volume.signature = signature;
    const root = (volume.mount as Mount).root;
    const { owner } = root;
    const stamp = new Date(world.nowMs).toISOString().slice(0, 19).replace(/[-T:]/g, '_');
    const dirName = `..${stamp}.${world.rng('kubelet/volumes').int(4_294_967_296)}`;
    const dir = dirNode(owner, 0o755, world.nowMs);
    const top = new Set<string>();
    for (const { path, content, mode } of payload) {
      const parts = path.split('/').filter(Boolean);
      top.add(parts[0] as string);
      putFile(dir, parts, fileNode(owner, content, mode, world.nowMs));
    }
    root.entries = new Map<string, FsNode>([
      [dirName, dir],
      ['..data', linkNode(owner, dirName, world.nowMs)],
      ...[...top].map((name): [string, FsNode] => [name, linkNode(owner, `..data/${name}`, world.nowMs)]),
    ]);
    root.mtimeMs = world.nowMs;
    const group = this.ctx.pod.spec.securityContext?.fsGroup;
    if (group !== undefined) for (const node of root.entries.values()) giveTo(group, node);
  }

  /** What a container mounts, by path. `env` serves subPathExpr. */
  mountsOf(container: Json, expandPath: (text: string) => string): Map<string, Mount> {
    const mounts = new Map<string, Mount>();
    for (const vm of container.volumeMounts ?? []) {
      const mount = this.#volumes.get(vm.name)?.mount;
      if (!mount) continue;
      const subPath = vm.subPathExpr ? expandPath(vm.subPathExpr) : vm.subPath;
      const root = subPath ? subRoot(mount.root, subPath, this.ctx.world.nowMs) : mount.root;
      mounts.set(vm.mountPath, { ...mount, root, readOnly: mount.readOnly || vm.readOnly === true });
    }
    return mounts;
  }
}

/** Gives a tree to the pod's fsGroup, which may read it; what is made in its directories is the group's as well. */
function giveTo(group: number, node: FsNode): void {
  node.gid = group;
  if (node.type === 'symlink') return;
  node.mode |= node.type === 'dir' ? 0o2550 : 0o440;
  for (const child of node.entries?.values() ?? []) giveTo(group, child);
}

function mountedNames(spec: Json): Set<string> {
  const names = new Set<string>();
  for (const list of [spec.initContainers, spec.containers, spec.ephemeralContainers]) {
    for (const container of list ?? []) {
      for (const item of [...(container.volumeMounts ?? []), ...(container.volumeDevices ?? [])]) names.add(item.name);
    }
  }
  return names;
}

function putFile(dir: FsNode, parts: string[], file: FsNode): void {
  let at = dir;
  for (const part of parts.slice(0, -1)) {
    let next = at.entries?.get(part);
    if (!next) {
      next = dirNode(dir.owner, 0o755, file.mtimeMs);
      at.entries?.set(part, next);
    }
    at = next;
  }
  at.entries?.set(parts.at(-1) as string, file);
}

/** The file or directory at subPath; the kubelet makes a directory when there is none. */
function subRoot(root: FsNode, subPath: string, nowMs: number): FsNode {
  const found = new ContainerFs(root, () => nowMs).find(`/${subPath}`, 0, true);
  if (found) return found.node;
  const made = dirNode(root.owner, 0o755, nowMs);
  putFile(root, subPath.split('/').filter(Boolean), made);
  return made;
}
