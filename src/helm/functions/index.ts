import type { GoFunction } from '../template/value.ts';
import { builtins } from './builtins.ts';
import { certificateFunctions } from './certificates.ts';
import { collectionFunctions } from './collections.ts';
import { dateFunctions } from './dates.ts';
import { encodingFunctions } from './encoding.ts';
import { generatedFunctions, type Surroundings } from './generated.ts';
import { mathFunctions } from './math.ts';
import { regexpFunctions } from './regexp.ts';
import { stringFunctions } from './strings.ts';
import type { FunctionTable } from './table.ts';

export type { Surroundings } from './generated.ts';

/** All functions of Helm's engine but those that need the engine itself (include, tpl, required, lookup, fail). */
export function allFunctions(surroundings: Surroundings): Map<string, GoFunction> {
  const table: FunctionTable = {
    ...stringFunctions,
    ...collectionFunctions,
    ...mathFunctions,
    ...encodingFunctions,
    ...regexpFunctions,
    ...dateFunctions(surroundings.nowMs),
    ...generatedFunctions(surroundings),
    ...certificateFunctions(surroundings.random, surroundings.nowMs),
    ...builtins,
  };
  return new Map(Object.entries(table));
}
