/// <reference path="./fengari.d.ts" />

import type { LuaFunction, LuaState } from 'fengari';
import fengari from 'fengari';
import type { Prng } from '../../../core/prng.ts';
import type { HttpRequest } from '../../net/protocols.ts';
import { type Formatted, parseRequest, RequestFormat } from './request.ts';

const { lua, lauxlib, lualib, to_luastring: text } = fengari;

/** An error of the script, in Lua's words. */
export class LuaError extends Error {
  override readonly name = 'LuaError';
}

/** Instructions that one request may take. */
const INSTRUCTIONS_MAX = 5_000_000;
const HOOK_INSTRUCTIONS = 100_000;
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
math.random = __random
math.randomseed = function() end
unpack = table.unpack
function print(...)
  local out = {}
  for i = 1, select('#', ...) do out[i] = tostring((select(i, ...))) end
  __write(table.concat(out, '\\t') .. '\\n')
end
io = { write = function(...) for i = 1, select('#', ...) do __write(tostring((select(i, ...)))) end end }
wrk = { scheme = 'http', host = __host, port = __port, method = 'GET', path = __path, headers = {}, body = nil, thread = nil }
wrk.format = __format
function wrk.lookup() return {} end
function wrk.connect() return true end
`;

/** Callbacks of wrk that a script may define; of these two the simulation has no counterpart (threads with states of their own, one report). */
const UNSUPPORTED = ['setup', 'done'];

export interface ScriptOptions {
  /** Words after `--` on the command line: what `init` gets. */
  args?: readonly string[];
  /** `-H`: headers of every request that names none itself. */
  headers?: Readonly<Record<string, string>>;
  /** Where `print` and `io.write` go. */
  write?: (text: string) => void;
}

/** A wrk script in a Lua of its own. Random numbers and time come from the process that runs it. */
export class PayloadScript {
  readonly #state: LuaState;
  readonly #hasRequest: boolean;
  readonly hasDelay: boolean;
  readonly hasResponse: boolean;
  /** Instructions so far of what runs now, in steps of the hook. */
  #ran = 0;
  readonly #format: RequestFormat;
  #formatted: Formatted | undefined;
  #formattedBytes: Uint8Array | undefined;
  readonly #fixed: HttpRequest;

  constructor(
    source: string | undefined,
    target: { host: string; port: number; path: string },
    rng: Prng,
    nowS: () => number,
    options: ScriptOptions = {},
  ) {
    const L = lauxlib.luaL_newstate();
    this.#state = L;
    this.#format = new RequestFormat(target);
    lua.lua_sethook(L, (state) => this.#count(state), lua.LUA_MASKCOUNT, HOOK_INSTRUCTIONS);
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
    global('__random', () => lua.lua_pushcfunction(L, (state) => random(state, rng)));
    global('__format', () => lua.lua_pushcfunction(L, (state) => this.#formatFor(state)));
    global('__write', () =>
      lua.lua_pushcfunction(L, (state) => {
        options.write?.(lua.lua_tojsstring(state, 1));
        return 0;
      }),
    );
    global('__host', () => lua.lua_pushstring(L, text(target.host)));
    global('__path', () => lua.lua_pushstring(L, text(target.path)));
    global('__port', () => lua.lua_pushinteger(L, target.port));
    this.#run(PRELUDE);
    for (const [name, value] of Object.entries(options.headers ?? {})) {
      this.#run(`wrk.headers[${JSON.stringify(name)}] = ${JSON.stringify(value)}`);
    }
    if (source !== undefined) this.#run(source);
    for (const name of UNSUPPORTED) {
      if (this.#defines(name)) throw new LuaError(`the callback '${name}' is not supported by this wrk`);
    }
    this.#hasRequest = this.#defines('request');
    this.hasDelay = this.#defines('delay');
    this.hasResponse = this.#defines('response');
    this.#run('__fixed = wrk.format()');
    lua.lua_getglobal(L, text('__fixed'));
    this.#fixed = this.#taken(L);
    if (lua.lua_getglobal(L, text('init')) === lua.LUA_TFUNCTION) {
      lua.lua_createtable(L, 0, 0);
      for (const [index, word] of (options.args ?? []).entries()) {
        lua.lua_pushstring(L, text(word));
        lua.lua_setfield(L, -2, text(`__${index + 1}`));
      }
      lua.lua_setglobal(L, text('__args'));
      lua.lua_settop(L, 0);
      this.#run('local args = {}; for i = 1, 999 do args[i] = __args["__" .. i] end; init(args)');
    }
    lua.lua_settop(L, 0);
  }

  /** Milliseconds by which the script's `delay` wants to put off the next request. */
  delayMs(): number {
    const L = this.#state;
    this.#limit();
    lua.lua_getglobal(L, text('delay'));
    this.#check(lua.lua_pcall(L, 0, 1, 0));
    const ms = lua.lua_tonumber(L, -1);
    lua.lua_settop(L, 0);
    return Number.isFinite(ms) ? Math.max(0, ms) : 0;
  }

  /** Tells the script's `response` of an answer. */
  responded(status: number, headers: Readonly<Record<string, string>>, body: string): void {
    const L = this.#state;
    this.#limit();
    lua.lua_getglobal(L, text('response'));
    lua.lua_pushinteger(L, status);
    lua.lua_createtable(L, 0, 0);
    for (const [name, value] of Object.entries(headers)) {
      lua.lua_pushstring(L, text(value));
      lua.lua_setfield(L, -2, text(name));
    }
    lua.lua_pushstring(L, text(body));
    this.#check(lua.lua_pcall(L, 3, 0, 0));
    lua.lua_settop(L, 0);
  }

  /** The next request. */
  next(): HttpRequest {
    if (!this.#hasRequest) return this.#fixed;
    const L = this.#state;
    this.#limit();
    lua.lua_getglobal(L, REQUEST);
    this.#check(lua.lua_pcall(L, 0, 1, 0));
    return this.#taken(L);
  }

  /** The request on top of the stack: mostly the very string that `wrk.format` has just made, which then need not be read again. */
  #taken(L: LuaState): HttpRequest {
    const bytes = lua.lua_tostring(L, -1);
    const request = bytes !== null && bytes === this.#formattedBytes ? this.#formatted?.message : undefined;
    const taken = request ?? parseRequest(lua.lua_tojsstring(L, -1));
    lua.lua_settop(L, 0);
    return taken;
  }

  /** `wrk.format(method, path, headers, body)`: what is nil comes from the table `wrk`. */
  #formatFor(L: LuaState): number {
    lua.lua_settop(L, 4);
    lua.lua_getglobal(L, WRK);
    const given = (index: number, name: Uint8Array): string | undefined => {
      if (lua.lua_type(L, index) !== lua.LUA_TNIL) return lua.lua_tojsstring(L, index);
      lua.lua_getfield(L, 5, name);
      const value = lua.lua_type(L, -1) === lua.LUA_TNIL ? undefined : lua.lua_tojsstring(L, -1);
      lua.lua_settop(L, 5);
      return value;
    };
    const method = given(1, FIELDS.method) ?? 'GET';
    const path = given(2, FIELDS.path) ?? '/';
    const body = given(4, FIELDS.body) ?? '';
    if (lua.lua_type(L, 3) === lua.LUA_TNIL) lua.lua_getfield(L, 5, FIELDS.headers);
    else lua.lua_pushvalue(L, 3);
    this.#formatted = this.#format.format(method, path, headerLines(L, 6), body);
    // What comes back is Lua's own copy of the bytes.
    this.#formattedBytes = lua.lua_pushstring(L, Buffer.from(this.#formatted.raw));
    return 1;
  }

  #defines(name: string): boolean {
    const is = lua.lua_getglobal(this.#state, text(name)) === lua.LUA_TFUNCTION;
    lua.lua_settop(this.#state, 0);
    return is;
  }

  /** Gives what runs next its number of instructions. */
  #limit(): void {
    this.#ran = 0;
  }

  #count(state: LuaState): void {
    this.#ran += HOOK_INSTRUCTIONS;
    if (this.#ran > INSTRUCTIONS_MAX) lauxlib.luaL_error(state, text('script ran too long'));
  }

  #run(source: string): void {
    this.#limit();
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
const WRK = text('wrk');
const FIELDS = { method: text('method'), path: text('path'), headers: text('headers'), body: text('body') };

/** `name: value` of each entry of the table at the index. */
function headerLines(L: LuaState, index: number): string[] {
  const lines: string[] = [];
  if (lua.lua_type(L, index) !== lua.LUA_TTABLE) return lines;
  lua.lua_pushnil(L);
  while (lua.lua_next(L, index) !== 0) {
    lua.lua_pushvalue(L, -2);
    lines.push(`${lua.lua_tojsstring(L, -1)}: ${lua.lua_tojsstring(L, -2)}`);
    lua.lua_settop(L, index + 1);
  }
  return lines;
}

/** `math.random([m [, n]])` over the process's own stream. */
function random(L: LuaState, rng: Prng): number {
  const count = lua.lua_gettop(L);
  if (count === 0) {
    lua.lua_pushnumber(L, rng.float());
    return 1;
  }
  const low = count > 1 ? lua.lua_tonumber(L, 1) : 1;
  const high = lua.lua_tonumber(L, count > 1 ? 2 : 1);
  if (high < low) return lauxlib.luaL_error(L, text("bad argument to 'random' (interval is empty)"));
  lua.lua_pushinteger(L, low + Math.floor(rng.float() * (high - low + 1)));
  return 1;
}
