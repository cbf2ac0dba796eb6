import type { ByteString, ExecResult, IFileSystem, ResolvedCommandContext } from 'just-bash';
import { latinOf, ofLatin } from '../../core/bytes.ts';
import { Input } from '../../sim/container-shell/streams.ts';
import type { ProcessFs } from '../../sim/process/memory-fs.ts';
import { type Child, type Os, ProcessExit, type Program, SpawnError } from '../../sim/process/os.ts';
import { Signal, type Task } from '../../sim/process/task.ts';
import type { CommandBody, CommandSetup } from '../commands/command.ts';
import { runKubectl } from '../kubectl/index.ts';
import type { ShellNetwork } from '../network.ts';
import { DeadlineReached, type ShellTime } from '../time.ts';
import { MachineFiles } from './files.ts';
import { type MachineSetup, setupOf } from './setup.ts';

/** One run of a program that is a promise. */
export interface HostedCall {
  setup: MachineSetup;
  args: string[];
  env: Record<string, string>;
  cwd: string;
  fs: IFileSystem;
  /** All of standard input when the program takes it, else empty. */
  stdin: string;
  out(text: string): void;
  err(text: string): void;
  time: ShellTime;
  signal: AbortSignal;
  /** Runs another program with the same input and output: its exit code; undefined when it cannot be started. */
  runProgram(argv: string[]): Promise<number | undefined>;
}

/** µs of processor and of waiting that starting a program takes. */
const START_CPU_US = 300;
const START_US = 400;

/** A program that a hosted one starts. */
interface Job {
  argv: string[];
  resume(code: number | undefined): void;
  fail(error: Error): void;
}

/** Runs a job to its end; it ends with the program that started it. */
function* carryOut(os: Os, { argv, resume, fail }: Job): Task<void> {
  let child: Child;
  try {
    child = os.spawn(argv);
  } catch (error) {
    if (!(error instanceof SpawnError)) throw error;
    return resume(undefined);
  }
  let over = false;
  try {
    while (!child.status) yield* os.main.wait(child.exited);
    over = true;
    resume(child.status.code);
  } finally {
    if (!over) {
      child.kill('SIGKILL');
      fail(new DeadlineReached('the command was ended'));
    }
  }
}

/** A program whose work is a promise. Ended from outside, its promise is told at its next wait and what it still says is dropped. */
export function hosted(
  body: (call: HostedCall) => Promise<number>,
  takesInput: (args: readonly string[]) => boolean = () => false,
): Program {
  return function* (os) {
    const setup = setupOf(os);
    os.useCpu(START_CPU_US);
    os.main.spend(START_US);
    const args = os.argv.slice(1);
    const stdin = takesInput(args) ? yield* Input.of(os.stdin).readAll(os.main) : '';
    yield* os.main.sync();
    const done = new Signal();
    let code = 0;
    let ended = false;
    /** The reader of its output is gone (SIGPIPE). What writes may be the cluster itself, so this is not thrown at it. */
    let broken: ProcessExit | undefined;
    const write = (stream: 'stdout' | 'stderr', text: string): void => {
      if (ended) return;
      try {
        os[stream].write(text);
      } catch (error) {
        if (!(error instanceof ProcessExit)) throw error;
        broken = error;
        ended = true;
        done.fire();
      }
    };
    const jobs: Job[] = [];
    const errand = setup.clock.start(
      async (time, signal) => {
        code = await body({
          ...{ setup, args, stdin, time, signal },
          env: { ...os.env },
          cwd: os.cwd,
          fs: new MachineFiles(os.fs as ProcessFs),
          out: (text) => write('stdout', text),
          err: (text) => write('stderr', text),
          runProgram: (argv) =>
            setup.clock.pause((resume, fail) => {
              jobs.push({ argv, resume, fail });
              done.fire();
            }),
        });
      },
      () => done.fire(),
    );
    try {
      while (!errand.settled && !broken) {
        const job = jobs.shift();
        if (job) yield* carryOut(os, job);
        else yield* os.main.wait(done);
      }
    } finally {
      ended = true;
      for (const { fail } of jobs) fail(new DeadlineReached('the command was ended'));
      errand.stop();
    }
    if (broken) return broken.code;
    const { error } = errand;
    if (error === undefined) return code;
    if (error instanceof DeadlineReached) return 143;
    setup.fault(error);
    return 70;
  };
}

/** kubectl reads its input only where it is told to. */
function kubectlTakesInput(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  const own = end < 0 ? args : args.slice(0, end);
  return (
    own.some((arg) => /(^|[=:])-$|^-f-$|^-[a-z]*i[a-z]*$|^--stdin(=true)?$|\/dev\/stdin/.test(arg)) || own[0] === 'cp'
  );
}

export const kubectl: Program = hosted(async ({ setup, args, env, stdin, time, ...call }) => {
  await time.sleep(setup.kubectlCostMs);
  const { cluster, client, rng } = setup;
  const host = { ...call, cluster, client, rng, time, stdin, env: new Map(Object.entries(env)), sink: call };
  return (await runKubectl(host, args)).exitCode;
}, kubectlTakesInput);

/** The context of a command in the interpreter's convention. */
function contextOf({ fs, cwd, env, stdin, signal }: HostedCall): ResolvedCommandContext {
  const context: Partial<ResolvedCommandContext> = {
    ...{ fs, cwd, signal, stdin: latinOf(stdin) as unknown as ByteString },
    env: new Map(Object.entries(env)),
    exportedEnv: env,
  };
  return context as ResolvedCommandContext;
}

function show(call: HostedCall, { stdout, stderr, exitCode, stdoutKind, stdoutEncoding }: ExecResult): number {
  if (stdout !== '') call.out(stdoutKind === 'bytes' || stdoutEncoding === 'binary' ? ofLatin(stdout) : stdout);
  if (stderr !== '') call.err(stderr);
  return exitCode;
}

/** The network of one command: what it waits for ends with it. */
function endingWith(network: ShellNetwork, signal: AbortSignal): ShellNetwork {
  return {
    http: (request) => network.http({ ...request, signal }),
    connect: (host, port, timeoutMs) => network.connect(host, port, timeoutMs, signal),
    resolve: (host) => network.resolve(host, signal),
  };
}

/** A command that takes all of its input and gives all of its output at once. */
export function atOnce(body: CommandBody, takesInput?: (args: readonly string[]) => boolean): Program {
  return hosted(async (call) => {
    const { cluster, client, rng, jq } = call.setup;
    const network = endingWith(call.setup.network, call.signal);
    const setup: CommandSetup = { cluster, client, network, rng, jq, time: call.time };
    return show(call, await body(call.args, contextOf(call), setup));
  }, takesInput);
}

/** A command that the embedder brings (helm). */
export function embedded(name: string): Program {
  const takesInput = (args: readonly string[]): boolean => args.includes('-') || args.includes('--values=-');
  return hosted(async (call) => {
    const command = call.setup.extra.get(name);
    if (!command || !('execute' in command)) {
      call.err(`bash: line 1: ${name}: command not found\n`);
      return 127;
    }
    await call.time.sleep(0);
    return show(call, await command.execute(call.args, contextOf(call)));
  }, takesInput);
}
