/// <reference path="./fengari.d.ts" />

import type { LuaFunction, LuaState } from 'fengari';
import fengari from 'fengari';
import type { Prng } from '../../../core/prng.ts';
import type { HttpRequest } from '../../net/protocols.ts';

const { lua, lauxlib, lualib, to_luastring: text } = fengari;

/** An error of the script, in Lua's words. */
export class LuaError extends Error {
  override readonly name = 'LuaError';
}

/** Instructions that one request may take. */
const INSTRUCTIONS_MAX = 5_000_000;
/** The standard libraries that reach beyond the script are not there; `os` and `socket` give the simulated time. */
const PRELUDE = `
dofile = nil; loadfile = nil; load = nil; loadstring = nil
package = { path = '', loaded = {} }
os = { time = function() return math.floor(__now()) end, clock = __now, getenv = function() return nil end }
local modules = { socket = { gettime = __now, sleep = function() end } }
function require(name)
  local found = modules[name]
  if not found then error("module '" .. tostring(name) .. "' not found") end
  return found
end
math.random = function(a, b)
  local x = __random()
  if a == nil then return x end
  if b == nil then a, b = 1, a end
  return a + math.floor(x * (b - a + 1))
end
math.randomseed = function() end
unpack = table.unpack
wrk = { scheme = 'http', host = __host, port = __port, method = 'GET', path = __path, headers = {}, body = nil, thread = nil }
function wrk.format(method, path, headers, body)
  local h = headers or wrk.headers
  local out = (method or wrk.method) .. ' ' .. (path or wrk.path) .. ' HTTP/1.1\\r\\n'
  local named = false
  for k, v in pairs(h) do
    if string.lower(k) == 'host' then named = true end
    out = out .. k .. ': ' .. tostring(v) .. '\\r\\n'
  end
  if not named then out = out .. 'Host: ' .. wrk.host .. ':' .. wrk.port .. '\\r\\n' end
  local b = body or wrk.body or ''
  if #b > 0 then out = out .. 'Content-Length: ' .. #b .. '\\r\\n' end
  return out .. '\\r\\n' .. b
end
function wrk.lookup() return {} end
function wrk.connect() return true end
`;

/** A wrk script in a Lua of its own. Random numbers and time come from the process that runs it. */
export class PayloadScript {
  readonly #state: LuaState;
  readonly #hasRequest: boolean;
  readonly #fixed: HttpRequest;

  constructor(
    source: string | undefined,
    target: { host: string; port: number; path: string },
    rng: Prng,
    nowS: () => number,
  ) {
    const L = lauxlib.luaL_newstate();
    this.#state = L;
    const open = (name: string, f: LuaFunction): void => {
      lauxlib.luaL_requiref(L, text(name), f, 1);
      lua.lua_settop(L, 0);
    };
    open('_G', lualib.luaopen_base);
    open('string', lualib.luaopen_string);
    open('table', lualib.luaopen_table);
    open('math', lualib.luaopen_math);
    open('coroutine', lualib.luaopen_coroutine);
    const global = (name: string, push: () => void): void => {
      push();
      lua.lua_setglobal(L, text(name));
    };
    const number =
      (f: () => number): LuaFunction =>
      (state) => {
        lua.lua_pushnumber(state, f());
        return 1;
      };
    global('__now', () => lua.lua_pushcfunction(L, number(nowS)));
    global('__random', () =>
      lua.lua_pushcfunction(
        L,
        number(() => rng.float()),
      ),
    );
    global('__host', () => lua.lua_pushstring(L, text(target.host)));
    global('__path', () => lua.lua_pushstring(L, text(target.path)));
    global('__port', () => lua.lua_pushinteger(L, target.port));
    this.#run(PRELUDE);
    if (source !== undefined) this.#run(source);
    this.#hasRequest = lua.lua_getglobal(L, text('request')) === lua.LUA_TFUNCTION;
    lua.lua_settop(L, 0);
    this.#run('__fixed = wrk.format()');
    lua.lua_getglobal(L, text('__fixed'));
    this.#fixed = parseRequest(lua.lua_tojsstring(L, -1));
    lua.lua_settop(L, 0);
    if (lua.lua_getglobal(L, text('init')) === lua.LUA_TFUNCTION) {
      lua.lua_createtable(L, 0, 0);
      this.#check(lua.lua_pcall(L, 1, 0, 0));
    }
    lua.lua_settop(L, 0);
  }

  /** The next request. */
  next(): HttpRequest {
    if (!this.#hasRequest) return this.#fixed;
    const L = this.#state;
    lua.lua_getglobal(L, REQUEST);
    let ran = 0;
    lua.lua_sethook(
      L,
      (state) => {
        ran += 100_000;
        if (ran > INSTRUCTIONS_MAX) lauxlib.luaL_error(state, text('script ran too long'));
      },
      lua.LUA_MASKCOUNT,
      100_000,
    );
    this.#check(lua.lua_pcall(L, 0, 1, 0));
    const raw = lua.lua_tojsstring(L, -1);
    lua.lua_settop(L, 0);
    return parseRequest(raw);
  }

  #run(source: string): void {
    const status = lauxlib.luaL_loadstring(this.#state, text(source));
    this.#check(status === lua.LUA_OK ? lua.lua_pcall(this.#state, 0, 0, 0) : status);
  }

  #check(status: number): void {
    if (status === lua.LUA_OK) return;
    const message = lua.lua_tojsstring(this.#state, -1);
    lua.lua_settop(this.#state, 0);
    throw new LuaError(message);
  }
}

const REQUEST = text('request');

/** The text that `wrk.format` made, as a message. A path may be a whole URL, as some scripts have it. */
export function parseRequest(raw: string): HttpRequest {
  const end = raw.indexOf('\r\n\r\n');
  const lines = (end < 0 ? raw : raw.slice(0, end)).split('\r\n');
  const [method = 'GET', target = '/'] = (lines[0] ?? '').split(' ');
  const headers: Record<string, string> = {};
  for (let i = 1; i < lines.length; i++) {
    const line = lines[i] as string;
    const at = line.indexOf(':');
    if (at > 0) headers[line.slice(0, at).toLowerCase()] = line.slice(at + 1).trim();
  }
  const path = target.startsWith('http') ? target.replace(/^https?:\/\/[^/]*/, '') || '/' : target;
  const body = end < 0 ? '' : raw.slice(end + 4);
  return { proto: 'http', kind: 'request', method, path, headers, body, bytes: raw.length };
}
