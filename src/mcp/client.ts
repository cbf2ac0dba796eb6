import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';

export interface ToolAnswer {
  text: string;
  isError: boolean;
  structured?: Record<string, unknown>;
}

/** An MCP client as the built-in agents and the demo use it. */
export interface ToolClient {
  call(tool: string, args: Record<string, unknown>): Promise<ToolAnswer>;
  close(): Promise<void>;
}

/** Longer than any tool may take. */
const CALL_TIMEOUT_MS = 900_000;

/** Client and server in one process, over the SDK's in-memory transport. */
export async function connectInMemory(server: McpServer): Promise<ToolClient> {
  const [clientSide, serverSide] = InMemoryTransport.createLinkedPair();
  await server.connect(serverSide);
  return connect(clientSide);
}

/** Starts a server process and speaks MCP over its stdio. Its stderr is passed on. */
export function connectStdio(command: string, args: string[]): Promise<ToolClient> {
  return connect(new StdioClientTransport({ command, args, stderr: 'inherit' }));
}

async function connect(transport: Transport): Promise<ToolClient> {
  const client = new Client({ name: 'aiopslab-agent', version: '1.0.0' });
  await client.connect(transport);
  return {
    async call(tool, args) {
      const result = await client.callTool({ name: tool, arguments: args }, undefined, { timeout: CALL_TIMEOUT_MS });
      const content = result.content as { type: string; text?: string }[];
      return {
        text: content.map((item) => item.text ?? '').join(''),
        isError: result.isError === true,
        structured: result.structuredContent as Record<string, unknown> | undefined,
      };
    },
    close: () => client.close(),
  };
}
