import { Bash } from 'just-bash';
import { latinOf, ofLatin } from '../../core/bytes.ts';
import type { Program } from '../../sim/process/os.ts';
import { type HostedCall, hosted } from './hosted.ts';

/**
 * python3 is the CPython that just-bash brings (WebAssembly, standard library only). It runs in a worker with the host's clock and chance,
 * so a prelude puts the machine's in their place before the script runs, and gives sets an order that does not hang on the interpreter's
 * hash seed: the same seed gives the same answer.
 */
const PRELUDE = `
import sys, os, json as _json
_w = _json.loads(_WORLD)
# the interpreter's own channel knows lines of text only; files take every byte
def _channel(path, errors):
    import io
    return io.TextIOWrapper(open(path, 'wb'), encoding='utf-8', errors=errors)
sys.stdout = _channel(_w['out'], 'surrogateescape')
sys.stderr = _channel(_w['err'], 'backslashreplace')
def _setup():
    import time, random, datetime, builtins, traceback, linecache
    state = {'now': _w['now'], 'slept': 0.0}
    time.time = lambda: state['now'] + state['slept']
    time.time_ns = lambda: int(time.time() * 1000) * 1000000
    time.monotonic = time.perf_counter = time.process_time = lambda: state['slept'] + 1000.0
    time.monotonic_ns = time.perf_counter_ns = lambda: int(time.monotonic() * 1e9)
    def sleep(seconds):
        state['slept'] += seconds
    time.sleep = sleep
    real_gmtime, real_strftime = time.gmtime, time.strftime
    time.gmtime = lambda s=None: real_gmtime(time.time() if s is None else s)
    time.localtime = time.gmtime
    time.strftime = lambda f, t=None: real_strftime(f, time.gmtime() if t is None else t)
    time.ctime = lambda s=None: time.strftime('%a %b %e %H:%M:%S %Y', time.gmtime(s))
    base = datetime.datetime
    class datetime_(base):
        @classmethod
        def now(cls, tz=None):
            at = base.fromtimestamp(time.time(), datetime.timezone.utc)
            return at.astimezone(tz) if tz else at.replace(tzinfo=None)
        @classmethod
        def utcnow(cls):
            return cls.now()
        @classmethod
        def today(cls):
            return cls.now()
    datetime_.__name__ = datetime_.__qualname__ = 'datetime'
    class date_(datetime.date):
        @classmethod
        def today(cls):
            return datetime_.now().date()
    date_.__name__ = date_.__qualname__ = 'date'
    datetime.datetime, datetime.date = datetime_, date_
    chance = random.Random(_w['seed'])
    os.urandom = lambda n: chance.randbytes(n)
    random.seed(_w['seed'])
    os.environ.clear()
    for name, value in _w['env'].items():
        os.environ[name] = value
    return state
_state = _setup()
def _order():
    import ast, builtins
    plain = set
    key = lambda value: (type(value).__name__, repr(value))
    class ordered(plain):
        __slots__ = ()
        def __iter__(self):
            return iter(sorted(plain.__iter__(self), key=key))
        def __repr__(self):
            return '{' + ', '.join(map(repr, self)) + '}' if len(self) else 'set()'
        def pop(self):
            for value in self:
                self.discard(value)
                return value
            raise KeyError('pop from an empty set')
        def __reduce__(self):
            return (ordered, (list(self),))
    def kept(name):
        method = getattr(plain, name)
        def call(self, *others):
            made = method(self, *others)
            return ordered(made) if type(made) is plain else made
        call.__name__ = name
        return call
    for name in ('__or__', '__and__', '__sub__', '__xor__', '__ror__', '__rand__', '__rsub__', '__rxor__', 'union', 'intersection', 'difference', 'symmetric_difference', 'copy'):
        setattr(ordered, name, kept(name))
    ordered.__name__ = ordered.__qualname__ = 'set'
    ordered.__module__ = 'builtins'
    builtins.set = ordered
    class Sets(ast.NodeTransformer):
        def made(self, node, inner):
            self.generic_visit(node)
            call = ast.Call(func=ast.Name(id='__set__', ctx=ast.Load()), args=[inner(node)], keywords=[])
            return ast.fix_missing_locations(ast.copy_location(call, node))
        def visit_Set(self, node):
            return self.made(node, lambda n: ast.copy_location(ast.List(elts=n.elts, ctx=ast.Load()), n))
        def visit_SetComp(self, node):
            return self.made(node, lambda n: ast.copy_location(ast.GeneratorExp(elt=n.elt, generators=n.generators), n))
    builtins.__set__ = ordered
    return lambda source, name: Sets().visit(ast.parse(source, name))
_parsed = _order()
sys.argv = _w['argv']
def _main():
    import traceback, linecache
    name, source = _w['name'], _w['source']
    if name not in ('<string>', '<stdin>'):
        linecache.cache[name] = (len(source), None, source.splitlines(True), name)
    scope = {'__name__': '__main__', '__builtins__': __builtins__}
    if name not in ('<string>', '<stdin>'):
        scope['__file__'] = name
    code = 0
    try:
        exec(compile(_parsed(source, name), name, 'exec'), scope)
    except SystemExit as end:
        code = end.code
        if code is None:
            code = 0
        elif not isinstance(code, int):
            print(code, file=sys.stderr)
            code = 1
    except KeyboardInterrupt:
        code = 130
    except BaseException as error:
        trace = error.__traceback__
        while trace is not None and trace.tb_frame.f_code.co_filename != name:
            trace = trace.tb_next
        traceback.print_exception(type(error), error, trace)
        code = 1
    for stream in (sys.stdout, sys.stderr):
        if not stream.closed:
            stream.close()
    if _state['slept']:
        with open(_w['slept'], 'w') as out:
            out.write(str(_state['slept']))
    sys.exit(code & 255)
_main()
`;

const VERSION = 'Python 3.13.2\n';
const SLEPT = '/tmp/.python-slept';
const OUT = '/tmp/.python-out';
const ERR = '/tmp/.python-err';
const SCRIPT = '/tmp/.python-main.py';
const LIMITS = { maxExecutionTimeMs: 12_000, maxPythonTimeoutMs: 10_000, maxOutputSize: 8 * 1024 * 1024 };

interface Asked {
  source: string;
  name: string;
  argv: string[];
}

/** Whether the program comes from standard input, or reads it. Scripts may read it at any time, so they get all of it. */
function takesInput(args: readonly string[]): boolean {
  return !args.some((arg) => /^(--version|-V|-VV|--help|-h)$/.test(arg));
}

async function asked(call: HostedCall): Promise<Asked | string> {
  const rest = [...call.args];
  while (rest[0] !== undefined && /^-[^cm]/.test(rest[0]) && rest[0] !== '-') {
    const flag = rest.shift()!;
    if (flag === '-W' || flag === '-X') rest.shift();
  }
  const [first, ...more] = rest;
  if (first === '-c') return { source: more[0] ?? '', name: '<string>', argv: ['-c', ...more.slice(1)] };
  if (first?.startsWith('-c')) return { source: first.slice(2), name: '<string>', argv: ['-c', ...more] };
  if (first === '-m') {
    const source = `import runpy, sys\nrunpy.run_module(${JSON.stringify(more[0] ?? '')}, run_name='__main__', alter_sys=True)\n`;
    return { source, name: '<string>', argv: [more[0] ?? '', ...more.slice(1)] };
  }
  if (first === undefined || first === '-')
    return { source: call.stdin, name: '<stdin>', argv: [first ?? '', ...more] };
  const path = call.fs.resolvePath(call.cwd, first);
  if (!(await call.fs.exists(path))) return `python3: can't open file '${path}': [Errno 2] No such file or directory\n`;
  return { source: await call.fs.readFile(path), name: path, argv: [first, ...more] };
}

/** What a file holds that is of no use any longer. */
async function taken({ fs }: HostedCall, path: string): Promise<string> {
  if (!(await fs.exists(path))) return '';
  const text = await fs.readFile(path);
  await fs.rm(path);
  return text;
}

export const python: Program = hosted(async (call) => {
  if (call.args.some((arg) => arg === '--version' || arg === '-V')) {
    call.out(VERSION);
    return 0;
  }
  const script = await asked(call);
  if (typeof script === 'string') {
    call.err(script);
    return 2;
  }
  const { fs, cwd, setup, time, signal, env } = call;
  const world = {
    ...script,
    now: time.now() / 1000,
    seed: setup.rng.int(2 ** 31),
    env,
    slept: SLEPT,
    out: OUT,
    err: ERR,
  };
  // the whole text in one line, so that nothing in it has to be quoted for Python
  const text = `_WORLD = ${JSON.stringify(JSON.stringify(world)).replaceAll('\u2028', '\\u2028')}\n${PRELUDE}`;
  await fs.writeFile(SCRIPT, text);
  const bash = new Bash({ fs, cwd, env, python: true, executionLimits: LIMITS });
  const stdin = script.name === '<stdin>' ? '' : latinOf(call.stdin);
  const done = await bash.exec(`python3 ${SCRIPT}`, { stdin, stdinKind: 'bytes', signal, rawScript: true });
  await fs.rm(SCRIPT, { force: true });
  call.out((await taken(call, OUT)) + (done.stdoutKind === 'bytes' ? ofLatin(done.stdout) : done.stdout));
  call.err((await taken(call, ERR)) + done.stderr);
  const slept = await taken(call, SLEPT);
  if (slept !== '') await time.sleep(Number(slept) * 1000);
  return done.exitCode;
}, takesInput);
