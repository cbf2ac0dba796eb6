import { describe, expect, it } from 'vitest';
import { targetOf } from '../../../src/cli/env.ts';

describe('--cluster', () => {
  it.each([
    ['/home/me/config', { kubeconfig: '/home/me/config', context: undefined }],
    ['config:staging', { kubeconfig: 'config', context: 'staging' }],
    [
      'config:arn:aws:eks:eu-west-1:1:cluster/x',
      { kubeconfig: 'config', context: 'arn:aws:eks:eu-west-1:1:cluster/x' },
    ],
    [':kind-aiopslab', { kubeconfig: '', context: 'kind-aiopslab' }],
    ['C:\\Users\\me\\config', { kubeconfig: 'C:\\Users\\me\\config', context: undefined }],
    ['C:\\Users\\me\\config:prod', { kubeconfig: 'C:\\Users\\me\\config', context: 'prod' }],
  ])('%s', (cluster, target) => {
    expect(targetOf({ cluster })).toEqual(target);
  });

  it('has an older spelling, and asks for one of both', () => {
    expect(targetOf({})).toBeUndefined();
    expect(targetOf({ kubeconfig: 'f', context: 'c' })).toEqual({ kubeconfig: 'f', context: 'c' });
    expect(() => targetOf({ context: 'c' })).toThrow('--context needs --kubeconfig');
    expect(() => targetOf({ cluster: 'f', context: 'c' })).toThrow('--cluster stands alone');
    expect(() => targetOf({ cluster: '' })).toThrow('--cluster needs a kubeconfig');
  });
});
