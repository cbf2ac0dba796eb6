import { since } from '../../../kube/duration.ts';
import type { FieldError } from '../../../kube/status.ts';
import { CronError, parseCron } from './common/cron.ts';
import { defineKind } from './common/define.ts';
import { invalid, nonNegative, notSupported, required } from './common/field.ts';
import { validateJobSpec } from './common/jobs.ts';
import { setDefault, setDefaultPointer } from './common/pod-defaults.ts';
import { defaultTemplate } from './common/pod-template.ts';
import { nameWarnings, podWarnings } from './common/pod-warnings.ts';
import { formatSelector } from './common/selectors.ts';
import { age, columns, containerCells } from './common/table.ts';

const POLICIES = ['Allow', 'Forbid', 'Replace'];

function validateSchedule(schedule: string): FieldError[] {
  if (!schedule) return [required('spec.schedule')];
  const errors: FieldError[] = [];
  try {
    parseCron(schedule);
  } catch (error) {
    if (!(error instanceof CronError)) throw error;
    errors.push(invalid('spec.schedule', schedule, error.message));
  }
  if (schedule.includes('TZ'))
    errors.push(invalid('spec.schedule', schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'));
  return errors;
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function validateTimeZone(timeZone: string | undefined): FieldError[] {
  const path = 'spec.timeZone';
  if (timeZone === undefined) return [];
  if (timeZone === '') return [invalid(path, timeZone, 'timeZone must be nil or non-empty string')];
  if (timeZone.toLowerCase() === 'local')
    return [
      invalid(path, timeZone, 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones'),
      ...(timeZone === 'Local' ? [] : [invalid(path, timeZone, `unknown time zone ${timeZone}`)]),
    ];
  if (!isTimeZone(timeZone)) return [invalid(path, timeZone, `unknown time zone ${timeZone}`)];
  return [];
}

/** batch/v1 CronJob. */
export const cronJob = defineKind({
  group: 'batch',
  version: 'v1',
  kind: 'CronJob',
  hasStatus: true,
  generation: true,
  deleteReturnsStatus: true,
  setDefaults(draft) {
    const spec = draft.spec;
    defaultTemplate(spec.jobTemplate.spec.template);
    setDefault(spec, 'concurrencyPolicy', 'Allow');
    setDefaultPointer(spec, 'suspend', false);
    setDefaultPointer(spec, 'successfulJobsHistoryLimit', 3);
    setDefaultPointer(spec, 'failedJobsHistoryLimit', 1);
  },
  validate(object, _ctx) {
    const { spec, metadata } = object;
    const errors = [
      ...validateSchedule(spec.schedule),
      ...nonNegative('spec.startingDeadlineSeconds', spec.startingDeadlineSeconds),
      ...validateTimeZone(spec.timeZone),
    ];
    if (!POLICIES.includes(spec.concurrencyPolicy))
      errors.push(notSupported('spec.concurrencyPolicy', spec.concurrencyPolicy, POLICIES));
    const jobSpec = spec.jobTemplate.spec;
    if (jobSpec.manualSelector === true)
      errors.push(notSupported('spec.jobTemplate.spec.manualSelector', true, ['nil', 'false']));
    errors.push(
      ...validateJobSpec(jobSpec, 'spec.jobTemplate.spec'),
      ...nonNegative('spec.successfulJobsHistoryLimit', spec.successfulJobsHistoryLimit),
      ...nonNegative('spec.failedJobsHistoryLimit', spec.failedJobsHistoryLimit),
    );
    if ((metadata.name ?? '').length > 52)
      errors.push(invalid('metadata.name', metadata.name, 'must be no more than 52 characters'));
    return errors;
  },
  warnings: (object, old) => [
    ...(old ? [] : nameWarnings(object)),
    ...(old?.metadata.generation === object.metadata.generation
      ? []
      : podWarnings(object.spec.jobTemplate.spec.template, 'spec.jobTemplate.spec.template')),
  ],
  columns: columns(
    'Name',
    'Schedule',
    'Timezone',
    'Suspend:boolean',
    'Active:integer',
    'Last Schedule',
    'Age',
    '~Containers',
    '~Images',
    '~Selector',
  ),
  row(object, ctx) {
    const { spec, status = {} } = object;
    return [
      object.metadata.name,
      spec.schedule,
      spec.timeZone ?? '<none>',
      spec.suspend === undefined ? '<unset>' : spec.suspend ? 'True' : 'False',
      (status.active ?? []).length,
      status.lastScheduleTime ? since(status.lastScheduleTime, ctx.nowMs) : '<none>',
      age(object, ctx),
      ...containerCells(spec.jobTemplate.spec.template.spec),
      formatSelector(spec.jobTemplate.spec.selector),
    ];
  },
});
