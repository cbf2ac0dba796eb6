import type { Json } from '../../../kube/object.ts';
import { goValue } from '../printers/json.ts';
import { type DescribeWriter, formatLabels } from './writer.ts';

type Lines = [string, unknown][];

function source(volume: Json): { type: string; lines: Lines } | undefined {
  if (volume.hostPath)
    return {
      type: 'HostPath (bare host directory volume)',
      lines: [
        ['Path', volume.hostPath.path],
        ['HostPathType', volume.hostPath.type ?? '<none>'],
      ],
    };
  if (volume.emptyDir)
    return {
      type: "EmptyDir (a temporary directory that shares a pod's lifetime)",
      lines: [
        ['Medium', volume.emptyDir.medium ?? ''],
        ['SizeLimit', volume.emptyDir.sizeLimit ?? '<unset>'],
      ],
    };
  if (volume.secret)
    return {
      type: 'Secret (a volume populated by a Secret)',
      lines: [
        ['SecretName', volume.secret.secretName],
        ['Optional', volume.secret.optional ?? false],
      ],
    };
  if (volume.configMap)
    return {
      type: 'ConfigMap (a volume populated by a ConfigMap)',
      lines: [
        ['Name', volume.configMap.name],
        ['Optional', volume.configMap.optional ?? false],
      ],
    };
  if (volume.persistentVolumeClaim)
    return {
      type: 'PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)',
      lines: [
        ['ClaimName', volume.persistentVolumeClaim.claimName],
        ['ReadOnly', volume.persistentVolumeClaim.readOnly ?? false],
      ],
    };
  if (volume.ephemeral) {
    const { metadata = {}, spec = {} } = volume.ephemeral.volumeClaimTemplate ?? {};
    return {
      type: 'EphemeralVolume (an inline specification for a volume that gets created and deleted with the pod)',
      lines: [
        ['StorageClass', spec.storageClassName ?? ''],
        ['Volume', spec.volumeName ?? ''],
        ['Labels', formatLabels(metadata.labels)],
        ['Annotations', formatLabels(metadata.annotations)],
        ['Capacity', ''],
        ['Access Modes', ''],
        ...(spec.volumeMode ? ([['VolumeMode', spec.volumeMode]] as Lines) : []),
      ],
    };
  }
  if (volume.nfs)
    return {
      type: 'NFS (an NFS mount that lasts the lifetime of a pod)',
      lines: [
        ['Server', volume.nfs.server],
        ['Path', volume.nfs.path],
        ['ReadOnly', volume.nfs.readOnly ?? false],
      ],
    };
  if (volume.csi) {
    const { driver, fsType, readOnly, volumeHandle } = volume.csi;
    const handle: Lines = volumeHandle === undefined ? [] : [['VolumeHandle', volumeHandle]];
    return {
      type: 'CSI (a Container Storage Interface (CSI) volume source)',
      lines: [['Driver', driver], ['FSType', fsType ?? ''], ...handle, ['ReadOnly', readOnly ?? false]],
    };
  }
  if (volume.local)
    return {
      type: 'LocalVolume (a persistent volume backed by local storage on a node)',
      lines: [['Path', volume.local.path]],
    };
  return undefined;
}

function projected(w: DescribeWriter, sources: Json[]): void {
  w.line(2, 'Type:\tProjected (a volume that contains injected data from multiple sources)');
  for (const one of sources) {
    if (one.secret) w.write(2, `SecretName:\t${one.secret.name}\n    Optional:\t${one.secret.optional ?? false}\n`);
    else if (one.downwardAPI) w.line(2, 'DownwardAPI:\ttrue');
    else if (one.configMap)
      w.write(2, `ConfigMapName:\t${one.configMap.name}\n    Optional:\t${one.configMap.optional ?? false}\n`);
    else if (one.serviceAccountToken)
      w.line(2, `TokenExpirationSeconds:\t${one.serviceAccountToken.expirationSeconds}`);
  }
}

/** The source of one volume, pod volume or persistent volume. */
export function volumeSource(w: DescribeWriter, volume: Json): void {
  if (volume.projected) {
    projected(w, volume.projected.sources ?? []);
    return;
  }
  if (volume.downwardAPI) {
    w.write(2, 'Type:\tDownwardAPI (a volume populated by information about the pod)\n    Items:\n');
    for (const item of volume.downwardAPI.items ?? [])
      w.line(3, `${item.fieldRef?.fieldPath ?? item.resourceFieldRef?.resource} -> ${item.path}`);
    return;
  }
  const found = source(volume);
  if (!found) {
    const other = Object.keys(volume).find((key) => key !== 'name');
    w.line(2, other ? `Type:\t${other} ${goValue(volume[other])}` : '<unknown>');
    return;
  }
  w.line(2, `Type:\t${found.type}`);
  for (const [name, value] of found.lines) w.line(2, `${name}:\t${value}`);
  if (volume.csi) w.line(2, `VolumeAttributes:\t${formatLabels(volume.csi.volumeAttributes)}`);
}

export function volumes(w: DescribeWriter, list: Json[] | undefined, space: string): void {
  w.line(0, `${space}Volumes:${list?.length ? '' : '\t<none>'}`);
  for (const volume of list ?? []) {
    w.line(1, `${space ? ' ' : ''}${volume.name}:`);
    volumeSource(w, volume);
  }
}
