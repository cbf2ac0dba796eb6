/** Arguments as openssl takes them: `-name` alone or with a value. */
export interface Arguments {
  has(name: string): boolean;
  get(name: string): string | undefined;
  /** What is no option. */
  rest: string[];
  /** An option that is not known. */
  strange?: string;
}

export function argumentsOf(args: readonly string[], valued: readonly string[], flags: readonly string[]): Arguments {
  const found = new Map<string, string>();
  const rest: string[] = [];
  let strange: string | undefined;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    const name = arg.replace(/^--?/, '');
    if (!arg.startsWith('-') || arg === '-') rest.push(arg);
    else if (valued.includes(name)) found.set(name, args[++i] ?? '');
    else if (flags.includes(name)) found.set(name, '');
    else strange ??= name;
  }
  return {
    has: (name) => found.has(name),
    get: (name) => found.get(name),
    rest,
    ...(strange === undefined ? {} : { strange }),
  };
}
