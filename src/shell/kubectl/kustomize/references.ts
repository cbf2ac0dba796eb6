import type { Json } from '../../../kube/object.ts';
import type { Entry } from './build.ts';
import { templates } from './transform.ts';

type Rename = (kind: string, name: string) => string;

function inPod(spec: Json, rename: Rename): void {
  const change = (holder: Json, field: string, kind: string): void => {
    if (holder?.[field]) holder[field] = rename(kind, holder[field]);
  };
  change(spec, 'serviceAccountName', 'ServiceAccount');
  change(spec, 'serviceAccount', 'ServiceAccount');
  change(spec, 'priorityClassName', 'PriorityClass');
  for (const one of spec?.imagePullSecrets ?? []) change(one, 'name', 'Secret');
  for (const container of [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])]) {
    for (const { configMapRef, secretRef } of container.envFrom ?? []) {
      change(configMapRef, 'name', 'ConfigMap');
      change(secretRef, 'name', 'Secret');
    }
    for (const { valueFrom } of container.env ?? []) {
      change(valueFrom?.configMapKeyRef, 'name', 'ConfigMap');
      change(valueFrom?.secretKeyRef, 'name', 'Secret');
    }
  }
  for (const volume of spec?.volumes ?? []) {
    change(volume.configMap, 'name', 'ConfigMap');
    change(volume.secret, 'secretName', 'Secret');
    change(volume.persistentVolumeClaim, 'claimName', 'PersistentVolumeClaim');
    for (const source of volume.projected?.sources ?? []) {
      change(source.configMap, 'name', 'ConfigMap');
      change(source.secret, 'name', 'Secret');
    }
  }
}

/** Names by which objects refer to others follow the renaming of those. */
export function followNames(entries: Entry[]): void {
  const rename: Rename = (kind, name) =>
    entries.find((one) => one.object.kind === kind && one.names.includes(name))?.object.metadata.name ?? name;
  for (const { object } of entries) {
    for (const template of templates(object)) inPod(template.spec, rename);
    if (object.kind === 'Pod') inPod(object.spec, rename);
    const { spec } = object;
    if (object.kind === 'StatefulSet' && spec?.serviceName) spec.serviceName = rename('Service', spec.serviceName);
    if (spec?.scaleTargetRef) spec.scaleTargetRef.name = rename(spec.scaleTargetRef.kind, spec.scaleTargetRef.name);
    if (object.kind === 'Ingress') ingress(spec, rename);
    if (object.roleRef) object.roleRef.name = rename(object.roleRef.kind, object.roleRef.name);
    for (const subject of object.subjects ?? [])
      if (subject.kind === 'ServiceAccount') subject.name = rename('ServiceAccount', subject.name);
    if (object.kind === 'ServiceAccount')
      for (const one of [...(object.secrets ?? []), ...(object.imagePullSecrets ?? [])])
        one.name = rename('Secret', one.name);
  }
}

function ingress(spec: Json, rename: Rename): void {
  const paths = (spec?.rules ?? []).flatMap(({ http }: Json) => http?.paths ?? []);
  for (const backend of [spec?.defaultBackend, ...paths.map((one: Json) => one.backend)])
    if (backend?.service) backend.service.name = rename('Service', backend.service.name);
  for (const tls of spec?.tls ?? []) if (tls.secretName) tls.secretName = rename('Secret', tls.secretName);
}
