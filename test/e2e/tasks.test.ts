import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type Served, serveProgram, tempHome } from '../support/program.ts';

const NAMESPACE = 'test-hotel-reservation';
const GOOD_IMAGE = 'yinfangchen/hotelreservation:latest';
const home = tempHome();
let served: Served;
beforeAll(async () => {
  served = await serveProgram(home.path);
});
afterAll(async () => {
  await served.close();
  home.remove();
});

/** Starts a problem, does the commands, submits, and gives the reply and the end. */
async function play(problemId: string, solution: unknown, commands: string[] = []): Promise<[Answer, Answer]> {
  const session_id = await served.begin(problemId);
  for (const command of commands) {
    const done = await served.call('exec_shell', { session_id, command });
    expect(done.text).not.toContain('[exit code');
  }
  const submitted = await served.call('submit', { session_id, solution });
  expect(JSON.parse(submitted.text)).toEqual(submitted.structured);
  return [submitted, await served.call('end_session', { session_id })];
}

const ENDED = { accepted: true, message: 'Accepted. The session has ended and is scored.' };
const tokens = { in_tokens: expect.any(Number), out_tokens: expect.any(Number) };

describe('detection', () => {
  it.each([
    ['wrong_bin_usage-detection-1', 'Yes', 'Correct'],
    ['wrong_bin_usage-detection-1', 'No', 'Incorrect'],
    ['wrong_bin_usage-healthy-1', 'Yes', 'Incorrect'],
    ['noop_detection_hotel_reservation-1', 'No', 'Correct'],
    ['noop_detection_hotel_reservation-1', ['Yes'], 'Invalid Format'],
  ])('%s answered with %j is %s', async (problem, solution, accuracy) => {
    const [submitted, end] = await play(problem, solution);
    expect(submitted.structured).toEqual(ENDED);
    expect(end.structured).toEqual({
      session_id: expect.any(String),
      outcome: 'scored',
      results: { 'Detection Accuracy': accuracy, TTD: 1, steps: 1, ...tokens },
    });
  });
});

describe('localization', () => {
  it.each([
    [['geo'], { 'Localization Accuracy': 100, success: true, is_subset: true }],
    [['geo', 'rate'], { 'Localization Accuracy': 50, success: false, is_subset: true }],
    [['rate'], { 'Localization Accuracy': 0, success: false, is_subset: false }],
  ])('answered with %j', async (solution, results) => {
    const [, end] = await play('misconfig_app_hotel_res-localization-1', solution);
    expect(end.structured?.['results']).toEqual({ ...results, TTL: 1, steps: 1, ...tokens });
  });
});

describe('analysis', () => {
  it.each([
    [{ system_level: 'Application', fault_type: 'Misconfiguration' }, [true, true, true]],
    [{ system_level: 'Application', fault_type: 'Code Defect' }, [true, false, false]],
    ['Misconfiguration', [false, false, false]],
  ])('answered with %j', async (solution, [level, type, success]) => {
    const [, end] = await play('misconfig_app_hotel_res-analysis-1', solution);
    expect(end.structured?.['results']).toEqual({
      system_level_correct: level,
      fault_type_correct: type,
      success,
      TTA: 1,
      steps: 1,
      ...tokens,
    });
  });
});

describe('mitigation', () => {
  const repair = `kubectl set image deployment/geo hotel-reserv-geo=${GOOD_IMAGE} -n ${NAMESPACE}`;

  it('passes when the cause is mended', async () => {
    const [, end] = await play('misconfig_app_hotel_res-mitigation-1', null, [repair]);
    expect(end.structured?.['results']).toMatchObject({ success: true, steps: 2 });
  });

  it('fails when nothing is done, and when the broken part is taken away', async () => {
    const [, idle] = await play('misconfig_app_hotel_res-mitigation-1', null);
    expect(idle.structured?.['results']).toMatchObject({ success: false, steps: 1 });
    const [, cheat] = await play('misconfig_app_hotel_res-mitigation-1', null, [
      `kubectl scale deployment/geo --replicas=0 -n ${NAMESPACE}`,
    ]);
    expect(cheat.structured?.['results']).toMatchObject({ success: false, steps: 2 });
  });
});

describe('incident', () => {
  it('goes through its four stages, each with its own tools and answer', async () => {
    const session_id = await served.begin('misconfig_app_hotel_res-incident-1');
    const stage = async () => (await served.call('get_session', { session_id })).structured?.['stage'];
    const submit = async (solution: unknown) => (await served.call('submit', { session_id, solution })).structured;
    const restart = () => served.call('restart_deployment', { session_id, namespace: NAMESPACE, name: 'geo' });

    expect(await stage()).toBe('detection');
    expect((await restart()).text).toMatch(
      /^restart_deployment is not available in this session: stage detection of this incident allows exec_shell, /,
    );
    expect(await submit('Yes')).toMatchObject({ accepted: true, next_stage: 'localization' });
    expect(await submit(['geo'])).toMatchObject({ accepted: true, next_stage: 'analysis' });
    const analysis = { system_level: 'Application', fault_type: 'Misconfiguration' };
    expect(await submit(analysis)).toMatchObject({ accepted: true, next_stage: 'mitigation' });
    expect(await stage()).toBe('mitigation');
    const name = 'geo';
    const undone = await served.call('rollback_deployment', { session_id, namespace: NAMESPACE, name });
    expect(undone.text).toBe('deployment.apps/geo rolled back\n');
    expect(await submit(null)).toEqual(ENDED);
    const end = await served.call('end_session', { session_id });
    expect(end.structured).toEqual({
      session_id,
      outcome: 'scored',
      results: {
        success: true,
        detection: { 'Detection Accuracy': 'Correct', TTD: expect.any(Number) },
        localization: { 'Localization Accuracy': 100, success: true, is_subset: true, TTL: expect.any(Number) },
        analysis: { system_level_correct: true, fault_type_correct: true, success: true, TTA: expect.any(Number) },
        mitigation: { success: true, TTM: expect.any(Number) },
        steps: 6,
        ...tokens,
      },
    });
  });
});
