/** The task types of AIOpsLab, and `incident`: the four in one session, a stage at a time. */
export const STAGES = ['detection', 'localization', 'analysis', 'mitigation'] as const;
export type Stage = (typeof STAGES)[number];
export const TASK_TYPES = [...STAGES, 'incident'] as const;
export type TaskType = (typeof TASK_TYPES)[number];

/** AIOpsLab's vocabulary for analysis answers. */
export const SYSTEM_LEVELS = ['Hardware', 'Operating System', 'Virtualization', 'Application'] as const;
export const FAULT_TYPES = [
  'Misconfiguration',
  'Code Defect',
  'Authentication Issue',
  'Network/Storage Issue',
  'Operation Error',
  'Dependency Problem',
] as const;

/** What one task type asks of the agent. */
export interface TaskDef {
  stage: Stage;
  /** What the agent is told to find out or to do; completes the description. */
  assignment: string;
  /** What submit's `solution` must be. */
  submission: string;
}

/** The stages that a task of that type goes through. */
export function stagesOf(task: TaskType): readonly Stage[] {
  return task === 'incident' ? STAGES : [task];
}
