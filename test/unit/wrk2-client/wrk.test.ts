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
