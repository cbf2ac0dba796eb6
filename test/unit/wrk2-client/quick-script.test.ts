import { describe, expect, it } from 'vitest';
import { Prng } from '../../../src/core/prng.ts';
import { compileRequests, loadPayload } from '../../../src/sim/images/wrk2-client/quick-script.ts';
import { LuaError, PayloadScript } from '../../../src/sim/images/wrk2-client/script.ts';
import { mixedWorkloadType1 } from '../../../src/workload/payloads/mixed-workload-type-1.ts';

const TARGET = { host: 'frontend', port: 5000, path: '/start' };
const OPTIONS = { headers: { 'X-Team': 'shop' } };
const requests = (script: Pick<PayloadScript, 'next'>, count: number): unknown[] =>
  Array.from({ length: count }, () => script.next());
const quick = (lua: string) => loadPayload(lua, TARGET, new Prng('s'), () => 12.5, OPTIONS);
const compiled = (lua: string) => ({ next: compileRequests(lua, TARGET, new Prng('s'), () => 12.5, OPTIONS) });
const whole = (lua: string) => new PayloadScript(lua, TARGET, new Prng('s'), () => 12.5, OPTIONS);

/** Expressions of which each request's path shows what Lua makes. */
const EXPRESSIONS = [
  '1 + 2 * 3 - 4 // 3 % 5',
  '7 // -2 .. "," .. 7 % -3 .. "," .. -7 % 3',
  '2 ^ 10 .. "," .. 2 ^ -1 .. "," .. -2 ^ 2 .. "," .. 2 ^ 3 ^ 2',
  '10 / 2 .. "," .. 1 / 3 .. "," .. 100 / 7 .. "," .. 3.0 .. "," .. 1e3 .. "," .. 0x1F',
  '38.0235 + (17 - 240.5) / 1000.0 .. "," .. 0.1 + 0.2 .. "," .. 123456.789e2',
  'tostring(nil) .. tostring(true) .. tostring(1) .. tostring(1.5) .. tostring("x")',
  '(1 < 2 and "lt" or "ge") .. (2 <= 1.5 and "le" or "gt") .. tostring("a" < "b") .. tostring(1 == 1.0) .. tostring("1" == 1)',
  'tostring(not nil) .. tostring(nil and 1) .. tostring(false or nil) .. tostring(0 and "zero")',
  '#"hello" .. "," .. #{ 1, 2, 3 } .. "," .. #{ n = 1, "a", "b" } .. "," .. ({ 4, 5, 6 })[2] .. ({ ["k-1"] = "v" })["k-1"]',
  'string.format("%02d-%d-%s-%5d-%%", 7, 12, "x", 42)',
  'string.rep("ab", 3) .. string.sub("hotel", 2, 3) .. string.sub("hotel", -3) .. string.upper("x") .. string.len("four")',
  'math.floor(3.7) .. "," .. math.ceil(3.2) .. "," .. math.floor(-0.5) .. "," .. math.random(5) .. "," .. math.random(2, 3)',
  'table.concat({ 1, "b", 2.5 }, "/") .. os.time()',
  '"tab\\tquote\\"" .. \'it\\\'s\' .. "\\\\"',
];

const SCRIPTS: Record<string, string> = {
  'the mixed load of HotelReservation': mixedWorkloadType1.lua,
  'all that wrk.format takes from the table wrk': `
    wrk.method = "POST"; wrk.body = '{"a":1}'; wrk.headers["Content-Type"] = "application/json"
    request = function() return wrk.format() end`,
  'control structures and scopes': `
    local count, words = 0, {}
    local function add(word) count = count + 1; table.insert(words, word); return word, count end
    --[[ a longer
         remark ]] -- and a short one
    function request()
      local path = "/"
      for i = 10, 1, -3 do
        if i == 4 then break elseif i > 8 then path = path .. "a" else path = path .. i end
      end
      local n = 0
      while true do n = n + 1; if n >= 3 then do break end end end
      local word, at = add("w" .. n)
      local a, b = 1, 2
      a, b = b, a
      return wrk.format("GET", path .. word .. at .. a .. b .. #words, { ["X-Count"] = count }, nil)
    end`,
  'recursion and closures': `
    local function counter() local n = 0; return function(by) n = n + (by or 1); return n end end
    local next = counter()
    local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
    request = function() return wrk.format("GET", "/" .. fib(7) .. "/" .. next() .. "/" .. next(5)) end`,
  'what comes as a module': `
    local socket = require("socket")
    math.randomseed(os.time())
    request = function() return wrk.format("GET", "/?t=" .. socket.gettime() .. "&r=" .. math.random()) end`,
};

describe('a compiled script', () => {
  it.each(Object.entries(SCRIPTS))('makes the requests that the interpreter makes: %s', (_, lua) => {
    expect(requests(compiled(lua), 100)).toEqual(requests(whole(lua), 100));
  });

  it.each(EXPRESSIONS)('evaluates as the interpreter: %s', (expression) => {
    const lua = `request = function() return wrk.format("GET", "/" .. ${expression}) end`;
    expect(requests(compiled(lua), 3)).toEqual(requests(whole(lua), 3));
  });
});

describe('a script beyond the compiled part of Lua', () => {
  it.each([
    'request = function() return wrk.format("GET", ("/x"):rep(2)) end',
    'request = function() return wrk.format("GET", "/" .. string.gsub("hotel", "o", "0")) end',
    'local t = setmetatable({}, { __index = function() return "x" end }) request = function() return wrk.format("GET", "/" .. t.a) end',
    'request = function() return "GET /own HTTP/1.1\\r\\nHost: me\\r\\n\\r\\n" end',
    'wrk.path = "/fixed"',
    'local n = 0 request = function() n = n + 1; local x = n > 2 and "1" + 1 or 0; return wrk.format("GET", "/" .. x) end',
    'for _, name in ipairs({ "a", "b" }) do wrk.path = "/" .. name end request = function() return wrk.format() end',
    'request = function() return wrk.format("GET", "/ü") end',
    'request = function() return wrk.format("GET", "/" .. 2^53 .. 1e-7) end',
  ])('runs in the interpreter: %s', (lua) => {
    expect(requests(quick(lua), 2)).toEqual(requests(whole(lua), 2));
    expect(requests(quick(lua), 5)).toHaveLength(5);
  });

  it('fails in Lua’s words', () => {
    expect(() => quick('request = function( return 1 end')).toThrow(LuaError);
    const late = quick('request = function() return wrk.format("GET", nothing.here) end');
    expect(() => late.next()).toThrow("attempt to index a nil value (global 'nothing')");
    const endless = quick('request = function() while true do end end');
    expect(() => endless.next()).toThrow('script ran too long');
  });
});
