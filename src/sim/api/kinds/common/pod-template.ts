import type { Json } from '../../../../kube/object.ts';
import { defaultPodSpec } from './pod-defaults.ts';

/** Defaults of a PodTemplateSpec in place; a template without a spec gets one, as the Go struct has it. */
export function defaultTemplate(template: Json): void {
  template.spec ??= {};
  defaultPodSpec(template.spec);
}
