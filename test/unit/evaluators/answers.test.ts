import { describe, expect, it } from 'vitest';
import { evaluateAnalysis } from '../../../src/evaluators/analysis.ts';
import { evaluateDetection } from '../../../src/evaluators/detection.ts';
import { evaluateLocalization } from '../../../src/evaluators/localization.ts';

const expected = {
  detection: 'Yes' as const,
  localization: ['mongodb-geo', 'geo'],
  analysis: [{ system_level: 'Application', fault_type: 'Network/Storage Issue' }],
};
const judged = { seconds: 12, expected };

describe('detection', () => {
  it.each([
    ['Yes', 'Correct', true],
    [' yes \n', 'Correct', true],
    ['No', 'Incorrect', false],
    ['maybe', 'Incorrect', false],
    [undefined, 'Invalid Format', false],
    [['Yes'], 'Invalid Format', false],
    [true, 'Invalid Format', false],
  ])('%j is %s', (solution, accuracy, success) => {
    const verdict = evaluateDetection({ ...judged, solution });
    expect(verdict.results).toEqual({ 'Detection Accuracy': accuracy, TTD: 12 });
    expect(verdict.success).toBe(success);
  });
});

describe('localization', () => {
  it.each([
    [['geo'], 100, true, true],
    ['geo', 100, true, true],
    [['mongodb-geo'], 100, true, true],
    [[' geo '], 100, true, true],
    [['Geo'], 0, false, false],
    [['geo', 'rate'], 50, false, true],
    [['geo', 'geo'], 50, false, true],
    [['rate'], 0, false, false],
    [[], 0, false, false],
    [{ geo: 1 }, 0, false, false],
    [[['geo']], 0, false, false],
    [7, 0, false, false],
    [undefined, 0, false, false],
  ])('%j scores %d', (solution, accuracy, success, isSubset) => {
    const verdict = evaluateLocalization({ ...judged, solution });
    expect(verdict.results).toEqual({ 'Localization Accuracy': accuracy, success, is_subset: isSubset, TTL: 12 });
  });
});

describe('analysis', () => {
  it.each([
    [{ system_level: 'application', fault_type: ' network/storage issue' }, true, true],
    [{ system_level: 'Application', fault_type: 'Misconfiguration' }, true, false],
    [{ system_level: 'Hardware', fault_type: 'Network/Storage Issue' }, false, true],
    [{ system_level: 'Application' }, true, false],
    [{ system_level: 7, fault_type: null }, false, false],
    ['Application', false, false],
    [null, false, false],
  ])('%j', (solution, level, type) => {
    const verdict = evaluateAnalysis({ ...judged, solution });
    expect(verdict.results).toEqual({
      system_level_correct: level,
      fault_type_correct: type,
      success: level && type,
      TTA: 12,
    });
  });
});
