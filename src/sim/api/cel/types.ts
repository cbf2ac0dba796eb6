import type { Node } from './parser.ts';
import { typeName } from './value.ts';

const BOOLS = ['_==_', '_!=_', '_<_', '_<=_', '_>_', '_>=_', '_in_', '!_', 'isQuantity', 'isURL', 'isIP', 'isCIDR'];
const BOOL_METHODS = ['startsWith', 'endsWith', 'contains', 'matches', 'isSorted', 'allowed', 'hasValue', 'isLessThan'];
const STRING_METHODS = ['lowerAscii', 'upperAscii', 'trim', 'replace', 'substring', 'charAt', 'join', 'format'];
const FUNCTIONS: Record<string, string> = {
  size: 'int',
  int: 'int',
  uint: 'uint',
  double: 'double',
  string: 'string',
  bool: 'bool',
  bytes: 'bytes',
  duration: 'google.protobuf.Duration',
  timestamp: 'google.protobuf.Timestamp',
  ...Object.fromEntries(BOOLS.map((name) => [name, 'bool'])),
};
const METHODS: Record<string, string> = {
  size: 'int',
  compareTo: 'int',
  ...Object.fromEntries(BOOL_METHODS.map((name) => [name, 'bool'])),
  ...Object.fromEntries(STRING_METHODS.map((name) => [name, 'string'])),
};

/** The type of an expression by its form alone; undefined where it depends on what names stand for. */
export function staticType(node: Node): string | undefined {
  switch (node.op) {
    case 'literal':
      return typeName(node.value);
    case 'has':
    case 'and':
    case 'or':
      return 'bool';
    case 'list':
      return 'list';
    case 'map':
      return 'map';
    case 'choose': {
      const [yes, no] = [staticType(node.yes), staticType(node.no)];
      return yes === no ? yes : undefined;
    }
    case 'each':
      if (node.macro === 'map' || node.macro === 'filter') return 'list';
      return node.macro.startsWith('opt') ? undefined : 'bool';
    case 'call':
      return typeOfCall(node);
    default:
      return undefined;
  }
}

function typeOfCall({ name, target, args }: Extract<Node, { op: 'call' }>): string | undefined {
  const known = target ? METHODS[name] : FUNCTIONS[name];
  if (known !== undefined) return known;
  if (!/^(?:_[-+*/%]_|-_)$/.test(name)) return undefined;
  // Sums of two kinds that are known are of that kind; one string makes a string.
  const types = args.map(staticType);
  return types.find((type) => type !== undefined);
}
