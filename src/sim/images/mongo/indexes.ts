import type { CommandContext } from './commands.ts';
import { type Document, type MongoReply, mongoError, ok } from './wire.ts';

const ID_INDEX: Document = { v: 2, key: { _id: 1 }, name: '_id_' };
/** Options that would change what the server does with documents, which this one does not. */
const UNSUPPORTED = ['unique', 'expireAfterSeconds', 'partialFilterExpression'];

const nsOf = ({ db, command }: CommandContext): string => `${db}.${Object.values(command)[0]}`;
const indexesOf = (c: CommandContext): Document[] => [ID_INDEX, ...c.storage.indexes(nsOf(c))];

const nameOf = (key: Document): string =>
  Object.entries(key)
    .map(([field, kind]) => `${field}_${kind}`)
    .join('_');

export function listIndexes(c: CommandContext): MongoReply {
  const ns = nsOf(c);
  if (!c.storage.collections.has(ns)) return mongoError(26, `ns does not exist: ${ns}`);
  return ok({ cursor: { id: 0, ns, firstBatch: indexesOf(c) } });
}

export function createIndexes(c: CommandContext): MongoReply {
  const ns = nsOf(c);
  const automatically = !c.storage.collections.has(ns);
  const wanted = (c.command['indexes'] as Document[] | undefined) ?? [];
  for (const index of wanted) {
    const option = UNSUPPORTED.find((name) => index[name] !== undefined && index[name] !== false);
    if (option) return mongoError(115, `index option ${option} is not supported by this server`);
  }
  c.storage.create(ns);
  const before = indexesOf(c);
  const added: Document[] = [];
  for (const index of wanted) {
    const key = index['key'] as Document;
    const made = { v: 2, key, name: String(index['name'] ?? nameOf(key)) };
    if ([...before, ...added].every((known) => known['name'] !== made.name)) added.push(made);
  }
  if (added.length > 0) c.storage.setIndexes(ns, [...c.storage.indexes(ns), ...added]);
  return ok({
    createdCollectionAutomatically: automatically,
    numIndexesBefore: before.length,
    numIndexesAfter: before.length + added.length,
    ...(added.length === 0 ? { note: 'all indexes already exist' } : {}),
  });
}

export function dropIndexes(c: CommandContext): MongoReply {
  const ns = nsOf(c);
  if (!c.storage.collections.has(ns)) return mongoError(26, 'ns not found');
  const before = indexesOf(c);
  const which = c.command['index'];
  const name = typeof which === 'object' && which !== null ? nameOf(which as Document) : String(which);
  if (name === '_id_') return mongoError(72, 'cannot drop _id index');
  if (name !== '*' && before.every((index) => index['name'] !== name)) {
    return mongoError(27, `index not found with name [${name}]`);
  }
  c.storage.setIndexes(ns, name === '*' ? [] : c.storage.indexes(ns).filter((index) => index['name'] !== name));
  const rest = name === '*' ? { msg: 'non-_id indexes dropped for collection' } : {};
  return ok({ nIndexesWas: before.length, ...rest });
}
