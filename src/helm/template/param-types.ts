import { GoMap, type ParamType, type Value } from './value.ts';

/** How Go names the types of parameters in its errors. */
export const GO_TYPE: Record<ParamType, string> = {
  any: 'interface {}',
  value: 'reflect.Value',
  string: 'string',
  bool: 'bool',
  int: 'int',
  float64: 'float64',
  map: 'map[string]interface {}',
  list: '[]interface {}',
};

/** Whether a value can be passed as it is (reflect's AssignableTo). */
export function fitsType(value: Value, type: ParamType): boolean {
  switch (type) {
    case 'string':
      return typeof value === 'string';
    case 'bool':
      return typeof value === 'boolean';
    case 'int':
      return typeof value === 'bigint';
    case 'float64':
      return typeof value === 'number';
    case 'map':
      return value instanceof GoMap;
    case 'list':
      return Array.isArray(value);
    default:
      return true;
  }
}
