/** The part of fengari (Lua 5.3 in JavaScript, MIT) that is used here; the package has no types of its own. */
declare module 'fengari' {
  export interface LuaState {
    readonly lua_State: unique symbol;
  }
  export type LuaFunction = (L: LuaState) => number;
  export const lua: {
    LUA_OK: number;
    LUA_TFUNCTION: number;
    LUA_TSTRING: number;
    LUA_TNUMBER: number;
    LUA_TTABLE: number;
    LUA_TNIL: number;
    lua_pushcfunction(L: LuaState, f: LuaFunction): void;
    lua_pushcclosure(L: LuaState, f: LuaFunction, n: number): void;
    lua_pushnumber(L: LuaState, n: number): void;
    lua_pushinteger(L: LuaState, n: number): void;
    lua_pushnil(L: LuaState): void;
    /** Returns the bytes of the string made, a copy. */
    lua_pushstring(L: LuaState, s: Uint8Array): Uint8Array;
    lua_setglobal(L: LuaState, name: Uint8Array): void;
    lua_getglobal(L: LuaState, name: Uint8Array): number;
    lua_setfield(L: LuaState, index: number, name: Uint8Array): void;
    lua_getfield(L: LuaState, index: number, name: Uint8Array): number;
    lua_createtable(L: LuaState, narr: number, nrec: number): void;
    lua_pcall(L: LuaState, nargs: number, nresults: number, handler: number): number;
    lua_type(L: LuaState, index: number): number;
    lua_gettop(L: LuaState): number;
    lua_settop(L: LuaState, index: number): void;
    lua_tonumber(L: LuaState, index: number): number;
    lua_toboolean(L: LuaState, index: number): boolean;
    lua_tojsstring(L: LuaState, index: number): string;
    /** The string's own bytes, not a copy. */
    lua_tostring(L: LuaState, index: number): Uint8Array | null;
    lua_pushvalue(L: LuaState, index: number): void;
    lua_next(L: LuaState, index: number): number;
    lua_sethook(L: LuaState, hook: ((L: LuaState) => void) | null, mask: number, count: number): void;
    LUA_MASKCOUNT: number;
  };
  export const lauxlib: {
    luaL_newstate(): LuaState;
    luaL_requiref(L: LuaState, name: Uint8Array, f: LuaFunction, global: number): void;
    luaL_loadstring(L: LuaState, s: Uint8Array): number;
    luaL_error(L: LuaState, s: Uint8Array): number;
  };
  export const lualib: {
    luaopen_base: LuaFunction;
    luaopen_string: LuaFunction;
    luaopen_table: LuaFunction;
    luaopen_math: LuaFunction;
    luaopen_coroutine: LuaFunction;
  };
  export function to_luastring(text: string, cache?: boolean): Uint8Array;
  const fengari: { lua: typeof lua; lauxlib: typeof lauxlib; lualib: typeof lualib; to_luastring: typeof to_luastring };
  export default fengari;
}
