/** The parse tree of a template. `pos` is where Go's error messages point. */
export interface PipeNode {
  type: 'pipe';
  pos: number;
  assigns: boolean;
  decl: string[];
  cmds: CommandNode[];
}

export interface CommandNode {
  type: 'command';
  pos: number;
  args: ArgNode[];
}

export type ArgNode =
  | { type: 'identifier'; pos: number; name: string }
  | { type: 'field'; pos: number; path: string[] }
  | { type: 'variable'; pos: number; path: string[] }
  | { type: 'chain'; pos: number; node: ArgNode; path: string[] }
  | { type: 'dot'; pos: number }
  | { type: 'nil'; pos: number }
  | { type: 'bool'; pos: number; value: boolean }
  | { type: 'number'; pos: number; text: string; value: bigint | number }
  | { type: 'string'; pos: number; quoted: string; value: string }
  | PipeNode;

export interface BranchNode {
  type: 'if' | 'range' | 'with';
  pos: number;
  pipe: PipeNode;
  list: ListNode;
  elseList?: ListNode;
}

export interface ListNode {
  type: 'list';
  pos: number;
  nodes: Node[];
}

export type Node =
  | { type: 'text'; pos: number; text: string }
  | { type: 'action'; pos: number; pipe: PipeNode }
  | { type: 'template'; pos: number; name: string; pipe?: PipeNode }
  | { type: 'break' | 'continue'; pos: number }
  | BranchNode
  | ListNode;

/** One named template. `parseName` is the file that error locations name. */
export interface Template {
  name: string;
  parseName: string;
  source: string;
  root: ListNode;
}

/** Whether a tree prints nothing: Go keeps an earlier definition when a later one of the same name is empty. */
export function isEmptyTree(node: Node): boolean {
  if (node.type === 'list') return node.nodes.every(isEmptyTree);
  return node.type === 'text' && node.text.trim() === '';
}

/** The node as Go prints it between `<` and `>` in error texts. */
export function nodeText(node: Node | ArgNode | CommandNode): string {
  switch (node.type) {
    case 'identifier':
      return node.name;
    case 'field':
      return node.path.map((name) => `.${name}`).join('');
    case 'variable':
      return node.path.join('.');
    case 'chain': {
      const inner = nodeText(node.node);
      return `${node.node.type === 'pipe' ? `(${inner})` : inner}${node.path.map((name) => `.${name}`).join('')}`;
    }
    case 'dot':
      return '.';
    case 'nil':
      return 'nil';
    case 'bool':
      return String(node.value);
    case 'number':
      return node.text;
    case 'string':
      return node.quoted;
    case 'pipe': {
      const decl = node.decl.length > 0 ? `${node.decl.join(', ')} ${node.assigns ? '=' : ':='} ` : '';
      return decl + node.cmds.map(nodeText).join(' | ');
    }
    case 'command':
      return node.args.map((arg) => (arg.type === 'pipe' ? `(${nodeText(arg)})` : nodeText(arg))).join(' ');
    case 'text':
      return node.text;
    case 'action':
      return `{{${nodeText(node.pipe)}}}`;
    case 'template':
      return `{{template "${node.name}"${node.pipe ? ` ${nodeText(node.pipe)}` : ''}}}`;
    case 'break':
    case 'continue':
      return `{{${node.type}}}`;
    case 'list':
      return node.nodes.map(nodeText).join('');
    default: {
      const other = node.elseList ? `{{else}}${nodeText(node.elseList)}` : '';
      return `{{${node.type} ${nodeText(node.pipe)}}}${nodeText(node.list)}${other}{{end}}`;
    }
  }
}
