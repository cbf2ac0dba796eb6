import { GoMap, GoObject, type ParamType, type Value } from './value.ts';

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
  time: 'time.Time',
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
      return value instanceof GoMap && value.typeName !== 'map[string]string';
    case 'list':
      return Array.isArray(value);
    case 'time':
      return value instanceof GoObject && value.typeName === 'time.Time';
    default:
      return true;
  }
}
