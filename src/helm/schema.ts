import { Ajv, type ErrorObject } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { UserError } from '../core/errors.ts';
import type { Chart, Json } from './chart.ts';

/**
 * values.schema.json: checked by ajv, reported as Helm 4 does (recorded with 4.1.4). Helm lists what is wrong in random order; here it
 * stands in the order of places.
 */
export function checkSchemas(chart: Chart, values: Json): void {
  const text = reports(chart, values).join('');
  if (text === '') return;
  throw new UserError(
    'INVALID_ARGUMENT',
    `values don't meet the specifications of the schema(s) in the following chart(s):\n${text}`,
  );
}

function reports(chart: Chart, values: Json): string[] {
  const own = chart.schema === undefined ? [] : problems(chart.schema, plain(values));
  const out = own.length === 0 ? [] : [`${chart.metadata.name}:\n${own.map((one) => shown(one, 0)).join('')}`];
  for (const sub of chart.dependencies) out.push(...reports(sub, (values[sub.metadata.name] ?? {}) as Json));
  return out;
}

/** Numbers of --set are integers of their own class until they are stored. */
function plain(values: Json): Json {
  return JSON.parse(
    JSON.stringify(values, (_, item: unknown) =>
      typeof item === 'object' && item !== null && 'value' in item && typeof item.value === 'bigint'
        ? Number(item.value)
        : item,
    ),
  );
}

interface Problem {
  path: string;
  text: string;
  causes: Problem[];
}

function problems(schemaText: string, values: Json): Problem[] {
  let schema: Json;
  try {
    schema = JSON.parse(schemaText) as Json;
  } catch (error) {
    throw new UserError('INVALID_ARGUMENT', `invalid values.schema.json: ${(error as Error).message}`);
  }
  const { $schema, ...rest } = schema;
  const modern = /2019-09|2020-12/.test(String($schema ?? '2020-12'));
  const options = { allErrors: true, strict: false, verbose: true, logger: false, allowUnionTypes: true } as const;
  const ajv = modern ? new Ajv2020(options) : new Ajv(options);
  (addFormats as unknown as (target: Ajv) => void)(ajv as Ajv);
  const validate = ajv.compile(rest);
  if (validate(values)) return [];
  return entries('', collect(validate.errors ?? []));
}

/** Errors as problems: those of the branches of anyOf and the like become its causes. */
function collect(errors: readonly ErrorObject[]): Problem[] {
  const owners = errors.filter(({ keyword }) => ['anyOf', 'oneOf', 'propertyNames'].includes(keyword));
  const inside = (error: ErrorObject): ErrorObject | undefined =>
    owners
      .filter((owner) => owner !== error && error.schemaPath.startsWith(`${owner.schemaPath}/`))
      .sort((a, b) => b.schemaPath.length - a.schemaPath.length)[0];
  const of = (owner: ErrorObject | undefined): Problem[] => {
    const own = errors.filter((error) => inside(error) === owner && error.keyword !== 'if');
    return merged(own).map((error) => ({
      // names of properties have no place of their own
      path: owner?.keyword === 'propertyNames' || error.keyword === 'propertyNames' ? '' : error.instancePath,
      text: wording(error),
      causes: owners.includes(error) ? of(error) : [],
    }));
  };
  return of(undefined);
}

/** Missing and additional properties of one object are told in one line. */
function merged(errors: readonly ErrorObject[]): ErrorObject[] {
  const out: ErrorObject[] = [];
  for (const error of errors) {
    const key = { required: 'missingProperty', additionalProperties: 'additionalProperty' }[error.keyword];
    const known = key && out.find((o) => o.keyword === error.keyword && o.instancePath === error.instancePath);
    if (known && key) known.params['names'].push(error.params[key]);
    else out.push(key ? { ...error, params: { names: [error.params[key]] } } : error);
  }
  return out;
}

/** Problems below one place: an inner place with more than one becomes a group. */
function entries(path: string, all: readonly Problem[]): Problem[] {
  const own = all.filter((problem) => problem.path === path);
  const children = new Map<string, Problem[]>();
  for (const problem of all) {
    if (problem.path === path) continue;
    const child = `${path}/${problem.path.slice(path.length + 1).split('/')[0]}`;
    children.set(child, [...(children.get(child) ?? []), problem]);
  }
  for (const child of [...children.keys()].sort()) {
    const inner = entries(child, children.get(child) ?? []);
    own.push(...(inner.length === 1 ? inner : [{ path: child, text: 'validation failed', causes: inner }]));
  }
  return own;
}

function shown({ path, text, causes }: Problem, depth: number): string {
  const lines = causes.map((cause) => shown(cause, depth + 1)).join('');
  return `${'  '.repeat(depth)}- at '${path}': ${text}\n${lines}`;
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

const quoted = (value: unknown): string => (typeof value === 'string' ? `'${value}'` : String(value));
const list = (names: readonly unknown[]): string => names.map(quoted).join(', ');

function wording({ keyword, params, data }: ErrorObject): string {
  const size = (unit: (value: never) => number): string =>
    `${keyword}: got ${unit(data as never)}, want ${params['limit']}`;
  switch (keyword) {
    case 'type':
      return `got ${typeName(data)}, want ${[params['type']].flat().join(' or ')}`;
    case 'required':
      return `missing propert${params['names'].length > 1 ? 'ies' : 'y'} ${list(params['names'])}`;
    case 'additionalProperties':
      return `additional properties ${list(params['names'])} not allowed`;
    case 'enum':
      return `value must be one of ${list(params['allowedValues'])}`;
    case 'const':
      return `value must be ${quoted(params['allowedValue'])}`;
    case 'pattern':
      return `${quoted(data)} does not match pattern ${quoted(params['pattern'])}`;
    case 'format':
      return `${quoted(data)} is not valid ${params['format']}`;
    case 'minLength':
    case 'maxLength':
      return size((text: string) => [...text].length);
    case 'minItems':
    case 'maxItems':
      return size((items: unknown[]) => items.length);
    case 'minProperties':
    case 'maxProperties':
      return size((object: object) => Object.keys(object).length);
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum':
      return size((number: number) => number);
    case 'multipleOf':
      return `multipleOf: got ${data}, want ${params['multipleOf']}`;
    case 'uniqueItems':
      return `items at ${params['j']} and ${params['i']} are equal`;
    case 'anyOf':
      return "'anyOf' failed";
    case 'oneOf':
      return params['passingSchemas']
        ? `'oneOf' failed, subschemas ${params['passingSchemas'].join(', ')} matched`
        : "'oneOf' failed, none matched";
    case 'not':
      return "'not' failed";
    case 'propertyNames':
      return `invalid propertyName ${quoted(params['propertyName'])}`;
    default:
      return `${keyword} failed`;
  }
}
