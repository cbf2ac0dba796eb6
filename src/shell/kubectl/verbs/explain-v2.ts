import type { Json } from '../../../kube/object.ts';
import type { Resource } from '../client.ts';
import { KubectlError } from '../errors.ts';

/** Lines are broken before this column, their indent included. */
const WIDTH = 80;
const DESCRIPTION_INDENT = 5;
const FIELD_INDENT = 3;

const pointee = (value: Json): string | undefined => value?.$ref ?? value?.allOf?.[0]?.$ref;

/** `--output=plaintext-openapiv2`: the older layout of explain. */
export class OldExplanation {
  #out = '';
  readonly #schemas: Json;

  constructor(schemas: Json) {
    this.#schemas = schemas;
  }

  #target(value: Json): Json {
    const ref = pointee(value);
    return ref ? (this.#schemas[String(ref).split('/').at(-1)!] ?? {}) : (value ?? {});
  }

  #write(indent: number, text: string): void {
    this.#out += `${' '.repeat(indent)}${text}\n`;
  }

  #wrapped(indent: number, text: string): void {
    for (const paragraph of text.split('\n')) {
      let line = '';
      for (const word of paragraph.split(/\s+/).filter(Boolean)) {
        if (line !== '' && indent + line.length + 1 + word.length > WIDTH) {
          this.#write(indent, line);
          line = word;
        } else line = line === '' ? word : `${line} ${word}`;
      }
      if (line === '') this.#out += '\n';
      else this.#write(indent, line);
    }
  }

  #typeName(value: Json): string {
    const own = this.#target(value);
    if (own.type === 'array') return `[]${this.#typeName(own.items)}`;
    if (own.additionalProperties) return `map[string]${this.#typeName(own.additionalProperties)}`;
    if (own.type === undefined && own.oneOf) return 'string';
    return own.type === 'object' || own.type === undefined ? 'Object' : own.type;
  }

  /** The kind with fields that a value leads to through lists, maps and references. */
  #kindOf(value: Json): Json {
    const own = this.#target(value);
    if (own.type === 'array') return this.#kindOf(own.items);
    return own.additionalProperties ? this.#kindOf(own.additionalProperties) : own;
  }

  #descriptions(value: Json): string[] {
    const own = this.#target(value);
    const texts = pointee(value) ? [value.description, own.description] : [own.description];
    const inner = own.type === 'array' ? own.items : own.additionalProperties;
    return [...texts, ...(inner && typeof inner === 'object' ? this.#descriptions(inner) : [])].filter(Boolean);
  }

  #field(schema: Json, path: string[]): Json {
    let at = schema;
    for (const name of path) {
      at = this.#kindOf(at).properties?.[name];
      if (at === undefined) throw new KubectlError(`field ${JSON.stringify(name)} does not exist`);
    }
    return at;
  }

  #fields(kind: Json, recursive: boolean, indent: number, seen: readonly Json[] = []): void {
    const required: string[] = kind.required ?? [];
    for (const key of Object.keys(kind.properties ?? {}).sort()) {
      const value = kind.properties[key];
      const mark = !recursive && required.includes(key) ? ' -required-' : '';
      this.#write(indent, `${key}\t<${this.#typeName(value)}>${mark}`);
      if (!recursive) {
        this.#wrapped(indent + 2, value.description ?? '');
        this.#out += '\n';
        continue;
      }
      const inner = this.#kindOf(value);
      if (!seen.includes(inner)) this.#fields(inner, true, indent + FIELD_INDENT, [...seen, inner]);
    }
  }

  /** The text about a field of a resource, or about the resource. */
  print(resource: Resource, schema: Json, path: string[], recursive: boolean): string {
    const value = this.#field(schema, path);
    const kind = this.#kindOf(value);
    this.#write(0, `KIND:     ${resource.kind}`);
    this.#write(0, `VERSION:  ${resource.groupVersion}\n`);
    const hasFields = kind.properties !== undefined;
    const title = hasFields ? 'RESOURCE:' : 'FIELD:   ';
    if (path.length > 0) this.#write(0, `${title} ${path.at(-1)} <${this.#typeName(value)}>\n`);
    this.#write(0, 'DESCRIPTION:');
    const texts = this.#descriptions(value);
    for (const [at, text] of (texts.length > 0 ? texts : ['<empty>']).entries()) {
      if (at > 0) this.#out += '\n';
      this.#wrapped(DESCRIPTION_INDENT, text);
    }
    if (hasFields) {
      this.#write(0, '\nFIELDS:');
      this.#fields(kind, recursive, FIELD_INDENT);
    }
    return this.#out;
  }
}
