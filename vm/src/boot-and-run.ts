import { describeExit, type ProgramExit, type RunOptions, type Vm } from '@klpkit/vm';
import { resultMark } from './guest/result-mark.ts';

/** How a program of ours ended. */
export interface GuestRun {
  readonly exit: ProgramExit;
  /** `exit` in words, for a message. */
  readonly ending: string;
  /** What is worth telling beside the results: that it was started twice, and why. */
  readonly notes: readonly string[];
}

/** The same, in a machine that lives on until it is disposed of. */
export interface BootedRun extends GuestRun, AsyncDisposable {
  readonly vm: Vm;
}

/**
 * Boots a machine and runs one of the programs of `guest/` in it. A program that died before its first line behind the
 * mark has tested nothing yet: the machine is booted once more, and the notes say so. From that line on nothing is
 * repeated, whatever happens.
 */
export async function bootAndRun(
  boot: () => Promise<Vm>,
  program: readonly string[],
  options: RunOptions = {},
): Promise<BootedRun> {
  const first = await bootAndRunOnce(boot, program, options);
  if (!diedUnbegun(first)) return bootedRun(first, []);
  await first.vm.kill();
  return bootedRun(await bootAndRunOnce(boot, program, options), [noteOf(first)]);
}

/** The same in a machine that is up and must stay so, as it carries something over from an earlier boot. */
export async function runInVm(vm: Vm, program: readonly string[], options: RunOptions = {}): Promise<GuestRun> {
  const first = await runOnce(vm, program, options);
  if (!diedUnbegun(first)) return guestRun(first, []);
  return guestRun(await runOnce(vm, program, options), [noteOf(first)]);
}

interface Attempt {
  readonly exit: ProgramExit;
  readonly begun: boolean;
}

async function runOnce(vm: Vm, program: readonly string[], options: RunOptions): Promise<Attempt> {
  let begun = false;
  const onLine = (line: string): void => {
    begun ||= line.startsWith(resultMark);
    options.onLine?.(line);
  };
  const exit = await vm.run(program, { ...options, onLine });
  return { exit, begun };
}

async function bootAndRunOnce(
  boot: () => Promise<Vm>,
  program: readonly string[],
  options: RunOptions,
): Promise<Attempt & { readonly vm: Vm }> {
  const vm = await boot();
  try {
    return { vm, ...(await runOnce(vm, program, options)) };
  } catch (error) {
    await vm.kill();
    throw error;
  }
}

const diedUnbegun = ({ begun, exit }: Attempt): boolean => !begun && exit.kind === 'exited';

const noteOf = ({ exit }: Attempt): string =>
  `started twice: the first time the program ended (${describeExit(exit)}) before it began`;

const guestRun = ({ exit }: Attempt, notes: readonly string[]): GuestRun => ({
  exit,
  ending: describeExit(exit),
  notes,
});

const bootedRun = (attempt: Attempt & { readonly vm: Vm }, notes: readonly string[]): BootedRun => ({
  ...guestRun(attempt, notes),
  vm: attempt.vm,
  [Symbol.asyncDispose]: async () => void (await attempt.vm.kill()),
});
