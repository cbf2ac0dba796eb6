import type { Vfs } from '../../process/vfs.ts';
import type { Document } from './wire.ts';

const CATALOG = '_mdb_catalog.wt';
/** Indexes by collection, beside the one on _id. */
const INDEXES = '_mdb_indexes.wt';

/**
 * Collections in memory, written through to the data directory: one file per collection, one document a line, and a
 * catalogue. What is on the volume survives the process.
 */
export class Storage {
  readonly collections = new Map<string, Document[]>();
  #files = new Map<string, string>();
  #indexes = new Map<string, Document[]>();
  #counter = 0;

  constructor(
    readonly fs: Vfs,
    readonly dbPath: string,
  ) {
    if (!fs.exists(`${dbPath}/${CATALOG}`)) return;
    if (fs.exists(`${dbPath}/${INDEXES}`)) {
      const indexes = JSON.parse(fs.read(`${dbPath}/${INDEXES}`)) as Record<string, Document[]>;
      this.#indexes = new Map(Object.entries(indexes));
    }
    const catalog = JSON.parse(fs.read(`${dbPath}/${CATALOG}`)) as Record<string, string>;
    for (const [ns, file] of Object.entries(catalog)) {
      this.#files.set(ns, file);
      this.#counter = Math.max(this.#counter, Number(/^collection-(\d+)-/.exec(file)?.[1] ?? 0));
      const text = fs.read(`${dbPath}/${file}`);
      this.collections.set(
        ns,
        text === ''
          ? []
          : text
              .trimEnd()
              .split('\n')
              .map((l) => JSON.parse(l) as Document),
      );
    }
  }

  /** True when a server has already used the directory. */
  static used(fs: Vfs, dbPath: string): boolean {
    return ['WiredTiger', 'journal', 'local.0', 'storage.bson'].some((f) => fs.exists(`${dbPath}/${f}`));
  }

  /** Makes the files that WiredTiger keeps beside the collections. */
  initialise(pid: number): void {
    const { fs, dbPath } = this;
    fs.mkdir(`${dbPath}/journal`, { recursive: true });
    fs.mkdir(`${dbPath}/diagnostic.data`, { recursive: true });
    fs.write(`${dbPath}/mongod.lock`, `${pid}\n`);
    if (fs.exists(`${dbPath}/WiredTiger`)) return;
    fs.write(`${dbPath}/WiredTiger`, 'WiredTiger\nWiredTiger 10.0.0: (May 1, 2021)\n');
    for (const file of [
      'WiredTiger.wt',
      'WiredTiger.lock',
      'WiredTiger.turtle',
      'WiredTigerHS.wt',
      'sizeStorer.wt',
      'storage.bson',
    ]) {
      fs.write(`${dbPath}/${file}`, '');
    }
    fs.write(`${dbPath}/journal/WiredTigerLog.0000000001`, '');
    this.create('admin.system.version');
    this.insert('admin.system.version', { _id: 'featureCompatibilityVersion', version: '4.4' });
    this.create('config.system.sessions');
    this.create('local.startup_log');
  }

  get(ns: string): Document[] {
    return this.collections.get(ns) ?? [];
  }

  create(ns: string): void {
    if (this.collections.has(ns)) return;
    this.collections.set(ns, []);
    this.#counter += 2;
    this.#files.set(ns, `collection-${this.#counter}-${digits(ns)}.wt`);
    this.fs.write(`${this.dbPath}/${this.#files.get(ns)}`, '');
    this.#saveCatalog();
  }

  insert(ns: string, doc: Document): void {
    this.create(ns);
    this.collections.get(ns)?.push(doc);
    this.fs.write(`${this.dbPath}/${this.#files.get(ns)}`, `${JSON.stringify(doc)}\n`, { append: true });
  }

  /** Replaces the content after updates or removals. */
  replace(ns: string, docs: Document[]): void {
    this.create(ns);
    this.collections.set(ns, docs);
    this.fs.write(`${this.dbPath}/${this.#files.get(ns)}`, docs.map((d) => `${JSON.stringify(d)}\n`).join(''));
  }

  drop(ns: string): boolean {
    const file = this.#files.get(ns);
    if (file === undefined) return false;
    this.collections.delete(ns);
    this.#files.delete(ns);
    if (this.#indexes.has(ns)) this.setIndexes(ns, []);
    this.fs.remove(`${this.dbPath}/${file}`);
    this.#saveCatalog();
    return true;
  }

  /** Indexes of a collection beside the one on _id, in order of their making. */
  indexes(ns: string): readonly Document[] {
    return this.#indexes.get(ns) ?? [];
  }

  setIndexes(ns: string, indexes: Document[]): void {
    if (indexes.length === 0) this.#indexes.delete(ns);
    else this.#indexes.set(ns, indexes);
    this.fs.write(`${this.dbPath}/${INDEXES}`, `${JSON.stringify(Object.fromEntries(this.#indexes))}\n`);
  }

  databases(): string[] {
    return [...new Set([...this.collections.keys()].map((ns) => ns.slice(0, ns.indexOf('.'))))].sort();
  }

  collectionsOf(db: string): string[] {
    const prefix = `${db}.`;
    return [...this.collections.keys()]
      .filter((ns) => ns.startsWith(prefix))
      .map((ns) => ns.slice(prefix.length))
      .sort();
  }

  #saveCatalog(): void {
    this.fs.write(`${this.dbPath}/${CATALOG}`, `${JSON.stringify(Object.fromEntries(this.#files))}\n`);
  }
}

/** Nineteen digits that tell one collection's file from another's. */
function digits(ns: string): string {
  let h = 2166136261;
  for (let i = 0; i < ns.length; i++) h = Math.imul(h ^ ns.charCodeAt(i), 16777619) >>> 0;
  return (
    String(h).padStart(10, '7') +
    String(Math.imul(h, 2654435761) >>> 0)
      .padStart(9, '4')
      .slice(0, 9)
  );
}
