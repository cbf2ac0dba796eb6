import { analysis } from './analysis.ts';
import { detection } from './detection.ts';
import { localization } from './localization.ts';
import { mitigation } from './mitigation.ts';
import type { Stage, TaskDef } from './task.ts';

export const tasks: Record<Stage, TaskDef> = { detection, localization, analysis, mitigation };
