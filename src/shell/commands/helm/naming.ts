import { UserError } from '../../../core/errors.ts';
import { Prng } from '../../../core/prng.ts';
import { allFunctions } from '../../../helm/functions/index.ts';
import { execute } from '../../../helm/template/exec.ts';
import type { Template } from '../../../helm/template/nodes.ts';
import { parse } from '../../../helm/template/parser.ts';
import type { HelmContext } from './context.ts';
import { HelmUsageError, type Parsed } from './flags.ts';

/** Renders a text that is no chart's: sprig's functions, no values. */
export function renderText(
  ctx: HelmContext,
  name: string,
  text: string,
  dot: Parameters<typeof execute>[1] = undefined,
): string {
  const functions = allFunctions({ nowMs: ctx.cluster.clock.now(), random: new Prng(`${name}/${ctx.namespace}`) });
  const templates = new Map<string, Template>();
  const template = parse(name, text, templates, (known) => functions.has(known));
  return execute(template, dot, { templates, functions, depth: 0 });
}

/** Name of the release and the chart's reference; `fallback` is the name that needs not be given. */
export function nameAndChart(ctx: HelmContext, flags: Parsed, fallback?: string): { name: string; chart: string } {
  const [first = '', second, ...more] = flags.args;
  if (more.length > 0)
    throw new UserError('INVALID_ARGUMENT', `expected at most two arguments, unexpected arguments: ${more.join(', ')}`);
  const template = flags.text('name-template') ?? '';
  if (second !== undefined) {
    for (const flag of ['generate-name', 'name-template']) {
      if (flags.bool(flag) || (flag === 'name-template' && template !== ''))
        throw new UserError('INVALID_ARGUMENT', `cannot set --${flag} and also specify a name`);
    }
    return { name: first, chart: second };
  }
  if (template !== '') return { name: renderText(ctx, 'name-template', template), chart: first };
  if (fallback !== undefined) return { name: fallback, chart: first };
  if (!flags.bool('generate-name'))
    throw new UserError('INVALID_ARGUMENT', 'must either provide a name or specify --generate-name');
  const base = (first.replace(/\/+$/, '').split('/').at(-1) || 'chart').replace(/^\.$/, 'chart').split('.')[0] ?? '';
  return { name: `${base}-${Math.floor(ctx.cluster.clock.now() / 1000)}`, chart: first };
}

export type DryRun = 'none' | 'client' | 'server';

/** What `--dry-run` asks for; warns of its old forms. */
export function dryRunOf(ctx: HelmContext, flags: Parsed, isTemplate = false): DryRun {
  const value = flags.text('dry-run') ?? (isTemplate ? 'client' : 'none');
  const shown = JSON.stringify(value);
  if (value === 'unset') {
    ctx.warn(`level=WARN msg="--dry-run is deprecated and should be replaced with '--dry-run=client'"`);
    return 'client';
  }
  if (value === 'client' || value === 'server') return value;
  const only = `invalid dry-run value (${shown}). Must be "server" or "client"`;
  if (value === 'none') {
    if (isTemplate) throw new HelmUsageError(only);
    return 'none';
  }
  if (!/^(true|false|1|0|t|f|T|F|TRUE|FALSE|True|False)$/.test(value))
    throw new HelmUsageError(`invalid dry-run value (${shown}). Must be "none", "server", or "client"`);
  const on = /^(true|1|t)$/i.test(value);
  if (isTemplate && !on) throw new HelmUsageError(only);
  const strategy = on ? 'client' : 'none';
  ctx.warn(
    `level=WARN msg="boolean '--dry-run=${on}' flag is deprecated and must be replaced with '--dry-run=${strategy}'"`,
  );
  return strategy;
}
