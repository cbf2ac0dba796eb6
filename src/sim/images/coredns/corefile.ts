/** One plugin line of a server block. */
export interface Directive {
  name: string;
  args: string[];
  block: string[][];
  line: number;
}

export interface ServerBlock {
  zones: string[];
  port: number;
  plugins: Directive[];
}

export class CorefileError extends Error {}

const KNOWN = new Set(
  'errors health ready log kubernetes forward cache loop reload loadbalance hosts rewrite template prometheus bind debug acl whoami file any erratic trace dnssec autopath metadata chaos minimal root import'.split(
    ' ',
  ),
);

/** Parses a Corefile as far as its shape: blocks, plugin lines, plugin blocks. */
export function parseCorefile(text: string): ServerBlock[] {
  const lines = text
    .split('\n')
    .map((line, i) => ({
      words: line
        .replace(/(^|\s)#.*$/, '')
        .trim()
        .split(/\s+/)
        .filter(Boolean),
      line: i + 1,
    }))
    .filter(({ words }) => words.length > 0);
  const blocks: ServerBlock[] = [];
  let i = 0;
  while (i < lines.length) {
    const { words, line } = lines[i++] as (typeof lines)[number];
    if (words.at(-1) !== '{')
      throw new CorefileError(`Corefile:${line} - Error during parsing: Unknown directive '${words[0]}'`);
    const keys = words.slice(0, -1).map((key) => key.replace(/,$/, '').replace(/^dns:\/\//, ''));
    const plugins: Directive[] = [];
    for (;;) {
      const next = lines[i++];
      if (!next) throw new CorefileError(`Corefile:${lines.at(-1)?.line} - Error during parsing: Unexpected EOF`);
      if (next.words[0] === '}') break;
      const [name = '', ...rest] = next.words;
      if (!KNOWN.has(name))
        throw new CorefileError(`Corefile:${next.line} - Error during parsing: Unknown directive '${name}'`);
      const directive: Directive = { name, args: rest.filter((word) => word !== '{'), block: [], line: next.line };
      if (rest.at(-1) === '{') {
        for (;;) {
          const inner = lines[i++];
          if (!inner) throw new CorefileError(`Corefile:${next.line} - Error during parsing: Unexpected EOF`);
          if (inner.words[0] === '}') break;
          directive.block.push(inner.words);
        }
      }
      plugins.push(directive);
    }
    const port = Number(/:(\d+)$/.exec(keys[0] ?? '')?.[1] ?? 53);
    blocks.push({ zones: keys.map((key) => normal(key.replace(/:\d+$/, ''))), port, plugins });
  }
  return blocks;
}

/** Lower case without the final dot; the root is the empty name. */
export function normal(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

export function inZone(name: string, zone: string): boolean {
  return zone === '' || name === zone || name.endsWith(`.${zone}`);
}
