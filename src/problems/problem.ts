import type { Fault } from '../faults/fault.ts';
import type { Stage, TaskType } from '../tasks/task.ts';

export interface AnalysisAnswer {
  system_level: string;
  fault_type: string;
}

/** The right answers of a family's target. */
export interface Truth {
  /** Each entry is one name that is right by itself. */
  localization: readonly string[];
  /** The first is the reference's label; further ones are as defensible (for stages that AIOpsLab does not have). */
  analysis: readonly AnalysisAnswer[];
}

/** The load that AIOpsLab puts on the front end right after the injection (reference codes HR5, HR10, HR100). */
export interface ProblemLoad {
  rate: number;
  seconds: number;
}

/** A way to mend the fault with the agent's own shell. All of them are proven; the first is the reference solution's. */
export interface Repair {
  name: string;
  commands: readonly string[];
}

/** One target of a fault family: expands to the problems of its tasks, an incident and a healthy twin. */
export interface Variant {
  /** End of the ids, e.g. `-1`; empty where AIOpsLab has none. */
  suffix: string;
  fault?: Fault;
  /** What the healthy twin does instead: the fault's visible side effects without the fault. */
  harmless?: Fault;
  load: ProblemLoad;
  truth?: Truth;
  /** What the reference solution looks at before it answers. */
  investigation: readonly string[];
  repairs: readonly Repair[];
  /** Tasks that AIOpsLab has for it. */
  tasks: readonly Stage[];
}

export interface Family {
  /** Begin of the ids. */
  name: string;
  application: string;
  variants: readonly Variant[];
}

export interface Problem {
  id: string;
  application: string;
  family: string;
  task: TaskType;
  /** Id of the problem with the fault whose healthy double this is. */
  twinOf?: string;
  /** Undefined in healthy problems. */
  fault?: Fault;
  /** Done instead of a fault in healthy twins. */
  harmless?: Fault;
  load: ProblemLoad;
  expected: { detection: 'Yes' | 'No' } & Partial<Truth>;
  investigation: readonly string[];
  repairs: readonly Repair[];
}

/** Ids as AIOpsLab spells them: `<family>-<task><suffix>`. */
export function expand(family: Family): Problem[] {
  return family.variants.flatMap((variant) => {
    const make = (task: TaskType): Problem => ({
      id: `${family.name}-${task}${variant.suffix}`,
      application: family.application,
      family: family.name,
      task,
      fault: variant.fault,
      load: variant.load,
      expected: { detection: 'Yes', ...variant.truth },
      investigation: variant.investigation,
      repairs: variant.repairs,
    });
    const twin: Problem = {
      ...make('detection'),
      id: `${family.name}-healthy${variant.suffix}`,
      twinOf: `${family.name}-detection${variant.suffix}`,
      fault: undefined,
      harmless: variant.harmless,
      expected: { detection: 'No' },
      repairs: [],
    };
    return [...variant.tasks.map(make), make('incident'), twin];
  });
}
