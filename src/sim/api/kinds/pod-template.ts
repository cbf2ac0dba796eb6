import { defineKind } from './common/define.ts';
import { validatePodTemplate } from './common/pod-spec.ts';
import { defaultTemplate } from './common/pod-template.ts';
import { formatLabels } from './common/selectors.ts';
import { columns, containerCells } from './common/table.ts';

/** v1 PodTemplate. */
export const podTemplate = defineKind({
  group: '',
  version: 'v1',
  kind: 'PodTemplate',
  deleteReturnsStatus: false,
  generation: true,
  generationFields: ['template'],
  setDefaults: (draft) => defaultTemplate(draft.template),
  validate: (object) => validatePodTemplate(object.template, 'template'),
  columns: columns('Name', 'Containers', 'Images', 'Pod Labels'),
  row: ({ metadata, template }) => [
    metadata.name,
    ...containerCells(template.spec),
    formatLabels(template.metadata?.labels),
  ],
});
