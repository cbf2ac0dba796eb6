import { expect, it } from 'vitest';
import { matchesSelector } from '../../../src/shell/kubectl/label-selector.ts';

const labels = { app: 'web', tier: 'front', empty: '' };

it.each([
  ['', true],
  ['app=web', true],
  ['app==web,tier=front', true],
  ['app=web,tier=back', false],
  ['app!=web', false],
  ['gone!=x', true],
  ['app in (api, web),tier', true],
  ['app in (api)', false],
  ['app notin (api,db)', true],
  ['gone notin (x)', true],
  ['!gone', true],
  ['!app', false],
  ['empty=', true],
])('%s: %s', (selector, met) => {
  expect(matchesSelector(selector, labels)).toBe(met);
});

it('refuses what is no requirement', () => {
  expect(() => matchesSelector('a b', labels)).toThrow('unable to parse requirement: found "a b"');
});
