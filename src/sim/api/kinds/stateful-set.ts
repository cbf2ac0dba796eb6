import type { Json } from '../../../kube/object.ts';
import type { FieldError } from '../../../kube/status.ts';
import { validateClaimSpec } from './common/claims.ts';
import { defineKind } from './common/define.ts';
import { deepEqual, forbidden, invalid, invalids, nonNegative, notSupported } from './common/field.ts';
import { dnsLabel } from './common/names.ts';
import { setDefault, setDefaultPointer } from './common/pod-defaults.ts';
import { validateCounters, validateWorkloadSelector, validateWorkloadTemplate } from './common/pod-spec.ts';
import { defaultTemplate } from './common/pod-template.ts';
import { templateWarnings } from './common/pod-warnings.ts';
import { workloadScale } from './common/scale.ts';
import { validateLabels } from './common/selectors.ts';
import { age, columns, containerCells } from './common/table.ts';

const MUTABLE = [
  'replicas',
  'template',
  'updateStrategy',
  'minReadySeconds',
  'ordinals',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
];

function validateStrategy(strategy: Json): FieldError[] {
  const path = 'spec.updateStrategy';
  const rolling = strategy.rollingUpdate;
  if (strategy.type === 'OnDelete')
    return rolling
      ? [invalid(`${path}.rollingUpdate`, goRolling(rolling), "only allowed for updateStrategy 'RollingUpdate'")]
      : [];
  if (strategy.type !== 'RollingUpdate') {
    const value = { Type: strategy.type, RollingUpdate: rolling ? goRolling(rolling) : null };
    return [invalid(path, value, "must be 'RollingUpdate' or 'OnDelete'")];
  }
  return nonNegative(`${path}.rollingUpdate.partition`, rolling?.partition);
}

function goRolling(rolling: Json): Json {
  return { Partition: rolling.partition ?? 0, MaxUnavailable: rolling.maxUnavailable ?? null };
}

/** The template with the claims of the set as volumes: mounts may name them. */
function templateToValidate(spec: Json): Json {
  const claims: Json[] = (spec.volumeClaimTemplates ?? []).map((claim: Json) => ({
    name: claim.metadata?.name,
    persistentVolumeClaim: { claimName: claim.metadata?.name },
  }));
  const own = (spec.template.spec.volumes ?? []).filter((volume: Json) => !claims.some((c) => c.name === volume.name));
  const { hostname: _h, subdomain: _s, ...rest } = spec.template.spec;
  return { ...spec.template, spec: { ...rest, volumes: [...claims, ...own] } };
}

/** apps/v1 StatefulSet. */
export const statefulSet = defineKind({
  group: 'apps',
  version: 'v1',
  kind: 'StatefulSet',
  nameRule: 'label',
  hasStatus: true,
  generation: true,
  deleteReturnsStatus: true,
  setDefaults(draft) {
    const spec = draft.spec;
    defaultTemplate(spec.template);
    setDefault(spec, 'podManagementPolicy', 'OrderedReady');
    if (!spec.updateStrategy.type) {
      spec.updateStrategy.type = 'RollingUpdate';
      spec.updateStrategy.rollingUpdate ??= {};
    }
    if (spec.updateStrategy.type === 'RollingUpdate' && spec.updateStrategy.rollingUpdate)
      setDefaultPointer(spec.updateStrategy.rollingUpdate, 'partition', 0);
    spec.persistentVolumeClaimRetentionPolicy ??= {};
    setDefault(spec.persistentVolumeClaimRetentionPolicy, 'whenDeleted', 'Retain');
    setDefault(spec.persistentVolumeClaimRetentionPolicy, 'whenScaled', 'Retain');
    setDefaultPointer(spec, 'replicas', 1);
    setDefaultPointer(spec, 'revisionHistoryLimit', 10);
    for (const claim of spec.volumeClaimTemplates ?? []) {
      claim.apiVersion = 'v1';
      claim.kind = 'PersistentVolumeClaim';
      setDefaultPointer(claim.spec, 'volumeMode', 'Filesystem');
      setDefault(claim.status, 'phase', 'Pending');
    }
  },
  validate({ spec }, _ctx) {
    const errors: FieldError[] = [];
    if (!['OrderedReady', 'Parallel'].includes(spec.podManagementPolicy))
      errors.push(
        invalid('spec.podManagementPolicy', spec.podManagementPolicy, "must be 'OrderedReady' or 'Parallel'"),
      );
    errors.push(...validateStrategy(spec.updateStrategy));
    for (const name of ['whenDeleted', 'whenScaled']) {
      const policy = spec.persistentVolumeClaimRetentionPolicy[name];
      if (!['Retain', 'Delete'].includes(policy))
        errors.push(notSupported(`spec.persistentVolumeClaimRetentionPolicy.${name}`, policy, ['Retain', 'Delete']));
    }
    for (const [i, claim] of (spec.volumeClaimTemplates ?? []).entries())
      errors.push(...validateClaimSpec(claim.spec, `spec.volumeClaimTemplates[${i}].spec`));
    errors.push(
      ...nonNegative('spec.replicas', spec.replicas),
      ...nonNegative('spec.minReadySeconds', spec.minReadySeconds),
      ...nonNegative('spec.ordinals.start', spec.ordinals?.start),
    );
    if (spec.serviceName) errors.push(...invalids('spec.serviceName', spec.serviceName, dnsLabel(spec.serviceName)));
    return [
      ...errors,
      ...validateWorkloadSelector(spec.selector, 'spec.selector', 'statefulset'),
      ...validateWorkloadTemplate(templateToValidate(spec), spec.selector, 'spec.template', 'StatefulSet', ''),
      // Upstream looks at the labels of this kind's template twice.
      ...validateLabels(spec.template.metadata?.labels, 'spec.template.labels'),
    ];
  },
  validateUpdate(object, old) {
    const frozen = (spec: Json): Json =>
      Object.fromEntries(Object.entries(spec).filter(([key]) => !MUTABLE.includes(key)));
    if (deepEqual(frozen(object.spec), frozen(old.spec))) return [];
    const detail =
      "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";
    return [forbidden('spec', detail)];
  },
  validateStatusUpdate: ({ status }) =>
    validateCounters(status, ['readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas']),
  scale: workloadScale,
  warnings: templateWarnings,
  columns: columns('Name', 'Ready', 'Age', '~Containers', '~Images'),
  row(object, ctx) {
    const { spec, status = {} } = object;
    return [
      object.metadata.name,
      `${status.readyReplicas ?? 0}/${spec.replicas}`,
      age(object, ctx),
      ...containerCells(spec.template.spec),
    ];
  },
});
