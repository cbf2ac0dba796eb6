import { type McpServer, ResourceTemplate } from '@modelcontextprotocol/sdk/server/mcp.js';
import { ErrorCode, McpError } from '@modelcontextprotocol/sdk/types.js';
import { UserError } from '../core/errors.ts';
import type { SessionManager } from '../session/manager.ts';
import type { Session } from '../session/session.ts';
import type { Dispatcher } from './dispatch.ts';

const JSON_TYPE = 'application/json';

function contents(uri: URL, text: string, mimeType = 'text/plain') {
  return { contents: [{ uri: uri.href, mimeType, text }] };
}

/** What the caller asked wrongly is a parameter error of the protocol, with the way to mend it. */
async function reading<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new McpError(ErrorCode.InvalidParams, error.hint ? `${error.message}. ${error.hint}` : error.message);
  }
}

/** The list of problems and one resource for each, so that clients which cannot expand templates see them too. */
export function registerProblemResources(server: McpServer, manager: SessionManager): void {
  server.registerResource(
    'problems',
    'aiopslab://problems',
    { title: 'All problems', mimeType: JSON_TYPE },
    async (uri) => contents(uri, JSON.stringify(manager.listProblems(), null, 2), JSON_TYPE),
  );
  const template = new ResourceTemplate('aiopslab://problems/{id}', {
    list: async () => ({
      resources: manager
        .listProblems()
        .map(({ id, task }) => ({ uri: `aiopslab://problems/${id}`, name: id, title: `${id} (${task})` })),
    }),
    complete: { id: (value) => completeIds(manager, value) },
  });
  server.registerResource('problem', template, { title: 'One problem', mimeType: JSON_TYPE }, (uri, { id }) =>
    reading(async () => {
      const problem = manager.listProblems().find((item) => item.id === id);
      if (!problem) throw new UserError('NOT_FOUND', `no problem has the id ${id}`, 'aiopslab://problems lists them');
      return contents(uri, JSON.stringify(problem, null, 2), JSON_TYPE);
    }),
  );
}

/** Ids that begin with a text; as many as a completion may hold. */
export function completeIds(manager: SessionManager, value: string): string[] {
  return manager
    .listProblems()
    .map((problem) => problem.id)
    .filter((id) => id.startsWith(value))
    .slice(0, 100);
}

interface Item {
  title: string;
  mimeType: string;
  read(session: Session, manager: SessionManager): Promise<string>;
}

/** What a session says of itself; all of it a tool says too, for clients whose model does not read resources. */
const ITEMS: Record<string, Item> = {
  description: {
    title: 'Description',
    mimeType: 'text/plain',
    read: async (session, manager) => (await manager.describe(session.id)).description,
  },
  instructions: {
    title: 'How to work and answer',
    mimeType: 'text/plain',
    read: async (session, manager) => (await manager.describe(session.id)).instructions,
  },
  transcript: {
    title: 'Transcript so far',
    mimeType: 'application/x-ndjson',
    read: async (session) => session.transcriptText(),
  },
  result: {
    title: 'Result, once the session has ended',
    mimeType: JSON_TYPE,
    read: async (session) => JSON.stringify(session.end(), null, 2),
  },
};

/**
 * `aiopslab://session/<item>` is the server's own or only open session; `aiopslab://sessions/<session_id>/<item>` any session, and
 * `…/files/<path>` the telemetry that its agent has exported.
 */
export function registerSessionResources(server: McpServer, dispatcher: Dispatcher, manager: SessionManager): void {
  for (const [name, { title, mimeType, read }] of Object.entries(ITEMS)) {
    server.registerResource(name, `aiopslab://session/${name}`, { title, mimeType }, (uri) =>
      reading(async () => {
        const session = manager.find(await dispatcher.sessionId());
        return contents(uri, await read(session, manager), mimeType);
      }),
    );
  }
  const item = new ResourceTemplate('aiopslab://sessions/{session_id}/{item}', {
    list: async () => ({ resources: manager.sessions().flatMap(listItems) }),
    complete: { session_id: (value) => completeSessions(manager, value), item: (value) => completeItems(value) },
  });
  server.registerResource('session', item, { title: 'One session' }, (uri, { session_id, item: name }) =>
    reading(async () => {
      const session = manager.find(String(session_id));
      const found = Object.hasOwn(ITEMS, String(name)) ? ITEMS[String(name)] : undefined;
      if (!found) {
        throw new UserError(
          'NOT_FOUND',
          `a session has no ${name}`,
          `it has ${Object.keys(ITEMS).join(', ')}, files/…`,
        );
      }
      return contents(uri, await found.read(session, manager), found.mimeType);
    }),
  );
  const file = new ResourceTemplate('aiopslab://sessions/{session_id}/files/{+path}', {
    list: async () => ({ resources: manager.sessions().flatMap(listFiles) }),
    complete: { session_id: (value) => completeSessions(manager, value) },
  });
  server.registerResource('telemetry', file, { title: 'Exported telemetry', mimeType: 'text/csv' }, (uri, variables) =>
    reading(async () => {
      const session = manager.find(String(variables['session_id']));
      return contents(uri, await session.readExport(`/${variables['path']}`), 'text/csv');
    }),
  );
}

function listItems(session: Session) {
  return Object.entries(ITEMS)
    .filter(([name]) => name !== 'result' || !session.open)
    .map(([name, { title, mimeType }]) => ({
      uri: `aiopslab://sessions/${session.id}/${name}`,
      name,
      title: `${title} (session ${session.id})`,
      mimeType,
    }));
}

function listFiles(session: Session) {
  return session.exports().map((path) => ({
    uri: `aiopslab://sessions/${session.id}/files${path}`,
    name: path,
    mimeType: 'text/csv',
  }));
}

function completeSessions(manager: SessionManager, value: string): string[] {
  return manager
    .sessions()
    .map((session) => session.id)
    .filter((id) => id.startsWith(value))
    .slice(0, 100);
}

function completeItems(value: string): string[] {
  return Object.keys(ITEMS).filter((name) => name.startsWith(value));
}
