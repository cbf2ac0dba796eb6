import type { parse } from 'just-bash';

/** The shapes of just-bash's AST, reached through its one exported function. */
export type Script = ReturnType<typeof parse>;
export type Statement = Script['statements'][number];
export type Pipeline = Statement['pipelines'][number];
export type CommandNode = Pipeline['commands'][number];
export type SimpleCommand = Extract<CommandNode, { type: 'SimpleCommand' }>;
export type FunctionDef = Extract<CommandNode, { type: 'FunctionDef' }>;
export type Compound = Exclude<CommandNode, SimpleCommand | FunctionDef>;
export type Assignment = SimpleCommand['assignments'][number];
export type Redirection = SimpleCommand['redirections'][number];
export type Word = SimpleCommand['args'][number];
export type WordPart = Word['parts'][number];
export type ParameterExpansion = Extract<WordPart, { type: 'ParameterExpansion' }>;
export type ParameterOperation = NonNullable<ParameterExpansion['operation']>;
export type Arithmetic = Extract<WordPart, { type: 'ArithmeticExpansion' }>['expression'];
export type ArithExpr = Arithmetic['expression'];
export type Condition = Extract<Compound, { type: 'ConditionalCommand' }>['expression'];
