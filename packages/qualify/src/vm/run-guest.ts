import { describeExit, type ProgramExit, type Vm } from '@klpkit/vm';
import { QualifyError } from '../error.ts';
import { type LoadEvent, parseLoadEvent } from '../load/load-event.ts';
import type { Reason } from '../verdict.ts';
import type { Bench } from './bench.ts';

/** A program that was run in a fresh machine. */
export interface GuestRun {
  /** Runs still, unless it was lost; the caller ends it. */
  readonly vm: Vm;
  readonly exit: ProgramExit;
  readonly events: readonly LoadEvent[];
  /** What the console said. */
  readonly console: readonly string[];
  readonly notes: readonly Reason[];
  /** How long the boot took, milliseconds. */
  readonly bootMs: number;
}

/** How the program is run. */
export interface GuestRunOptions {
  readonly timeoutMs: number;
  readonly onEvent: (event: LoadEvent) => void;
  readonly onConsoleLine?: (line: string) => void;
}

/** Enough of a console for what a kernel says when it dies. */
const keptConsoleLines = 2_000;

/**
 * Boots a machine and runs the program in it. A program that died before its first word was killed by nothing that a patch did: under
 * an interpreter Node was seen to die at its start, so it is tried once more, and that is told.
 */
export async function runGuest(bench: Bench, mode: 'test' | 'apply', options: GuestRunOptions): Promise<GuestRun> {
  const first = await runOnce(bench, mode, options);
  if (first.events.length > 0 || first.exit.kind === 'timed-out') return first;
  await first.vm.kill();
  const second = await runOnce(bench, mode, options);
  if (second.events.length === 0) {
    await second.vm.kill();
    const said = second.exit.lines.slice(-20).join('\n');
    throw new QualifyError(
      'VM_FAILED',
      `The program in the machine ended before its first word, twice (${describeExit(second.exit)}): ${said}`,
    );
  }
  const message = `The program in the machine ended before its first word (${describeExit(first.exit)}) and was started again in a fresh one.`;
  return { ...second, notes: [{ code: 'STEP_NOT_RUN', weight: 'notes', message }] };
}

async function runOnce(
  bench: Bench,
  mode: string,
  { timeoutMs, onEvent, onConsoleLine }: GuestRunOptions,
): Promise<GuestRun> {
  const startedAt = performance.now();
  const console: string[] = [];
  const vm = await bench.boot({
    timeoutMs: 2 ** 31 - 1, // the limit is the program's
    onConsoleLine: (line) => {
      console.push(line);
      if (console.length > keptConsoleLines) console.splice(0, keptConsoleLines / 2);
      onConsoleLine?.(line);
    },
  });
  const bootMs = Math.round(performance.now() - startedAt);
  const events: LoadEvent[] = [];
  try {
    const exit = await vm.run([...bench.command, mode], {
      env: bench.env,
      timeoutMs,
      onLine: (line) => {
        const event = parseLoadEvent(line);
        if (event === undefined) return;
        events.push(event);
        onEvent(event);
      },
    });
    return { vm, exit, events, console, notes: [], bootMs };
  } catch (error) {
    await vm.kill();
    throw error;
  }
}
