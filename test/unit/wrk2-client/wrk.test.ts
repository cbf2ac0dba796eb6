import { expect, it } from 'vitest';
import { Prng } from '../../../src/core/prng.ts';
import { wrk2ClientImage } from '../../../src/sim/images/wrk2-client/image.ts';
import { LuaError, PayloadScript } from '../../../src/sim/images/wrk2-client/script.ts';
import { Town } from '../hotelreservation/town.ts';

const target = { host: 'frontend', port: 5000, path: '/' };
const SCRIPT = `local socket = require("socket")
math.randomseed(socket.gettime() * 1000)
request = function()
  return wrk.format("GET", "http://localhost:5000/user?username=u" .. math.random(1, 9) .. "&password=p", {}, nil)
end`;

it('runs payload scripts, the same for the same seed, and keeps them inside', () => {
  const paths = (seed: string) => {
    const script = new PayloadScript(SCRIPT, target, new Prng(seed), () => 1);
    return Array.from({ length: 5 }, () => script.next().path);
  };
  expect(paths('a')).toEqual(paths('a'));
  expect(paths('a')[0]).toMatch(/^\/user\?username=u[1-9]&password=p$/);
  const run = (source: string) => () => new PayloadScript(source, target, new Prng('x'), () => 1).next();
  expect(run('os.execute("ls")')).toThrow(LuaError);
  expect(run('require("fs")')).toThrow(LuaError);
  expect(run('request = function() while true do end end')).toThrow('script ran too long');
});

it('keeps its rate and prints the report at the end', () => {
  const town = new Town().open();
  const image = { ...wrk2ClientImage, files: { ...wrk2ClientImage.files, '/scripts/x.lua': SCRIPT } };
  const argv = [
    'wrk',
    '-D',
    'exp',
    '-t',
    '2',
    '-c',
    '2',
    '-d',
    '10',
    '-L',
    '-s',
    '/scripts/x.lua',
    'http://frontend:5000',
    '-R',
    '100',
    '--latency',
  ];
  const job = town.start('wrk', image, argv);
  town.world.advance(9_000);
  expect(town.log('wrk')).toEqual(['Running 10s test @ http://frontend:5000', '  2 threads and 2 connections']);
  town.world.advance(2_000);
  expect(job.status?.code).toBe(0);
  const log = town.log('wrk');
  expect(log[3]).toBe('  Thread Stats   Avg      Stdev     99%   +/- Stdev');
  const requests = Number(/^ {2}(\d+) requests in 10\.00s/.exec(log.at(-3) ?? '')?.[1]);
  expect(requests).toBeGreaterThan(900);
  expect(requests).toBeLessThan(1100);
  expect(log.at(-2)).toMatch(/^Requests\/sec: +\d+\.\d\d$/);
});

it('honours delay, response, init arguments and headers, and refuses what it has not', () => {
  const said: string[] = [];
  const source = `
function init(args) print("init", #args, args[1]) end
function delay() return 25 end
function response(status, headers, body) io.write(status, " ", headers["Server"], " ", body, "\\n") end`;
  const script = new PayloadScript(source, target, new Prng('x'), () => 1, {
    args: ['one', 'two'],
    headers: { 'X-Test': 'yes' },
    write: (text) => said.push(text),
  });
  expect(script.next().headers).toMatchObject({ 'x-test': 'yes' });
  expect(script.delayMs()).toBe(25);
  script.responded(200, { Server: 'go' }, 'ok');
  expect(said.join('')).toBe('init\t2\tone\n200 go ok\n');
  const refused = (text: string) => () => new PayloadScript(text, target, new Prng('x'), () => 1);
  expect(refused('function done() end')).toThrow("the callback 'done' is not supported by this wrk");
  expect(refused('function setup() end')).toThrow("the callback 'setup' is not supported by this wrk");
  expect(refused('while true do end')).toThrow('script ran too long');
});

it('says which options it has not', () => {
  const town = new Town();
  const run = (...argv: string[]) => {
    town.start('wrk', wrk2ClientImage, ['wrk', ...argv]);
    town.world.advance(100);
    return town.log('wrk')[0];
  };
  const rest = ['-d', '1', '-R', '10', 'http://10.0.0.1:1/'];
  expect(run('-P', ...rest)).toBe('wrk: option -P is not supported here');
  expect(run('-D', 'zipf', ...rest)).toBe('wrk: distribution zipf is not supported here');
  expect(run('-U', 'x', ...rest)).toBe('Usage: wrk <options> <url>');
  expect(run('-v', ...rest)).toBe('wrk 4.0.0 [epoll] Copyright (C) 2012 Will Glozer');
});

it('ends when its script fails', () => {
  const town = new Town().open();
  const lua = 'request = function() return nil .. "x" end';
  const image = { ...wrk2ClientImage, files: { ...wrk2ClientImage.files, '/x.lua': lua } };
  const job = town.start('wrk', image, ['wrk', '-d', '9', '-R', '10', '-s', '/x.lua', 'http://frontend:5000']);
  town.world.advance(5_000);
  expect(job.status?.code).toBe(1);
  expect(town.log('wrk').at(-1)).toMatch(
    /^PANIC: unprotected error in call to Lua API \(.*attempt to concatenate a nil value.*\)$/,
  );
  expect(town.world.internalErrors).toEqual([]);
});
