import type { ProgramExit, Vm } from '@klpkit/vm';
import { describe, expect, it } from 'vitest';
import { bootAndRun, runInVm } from './boot-and-run.ts';
import { resultMark } from './guest/result-mark.ts';

const began = `${resultMark}{"begun":true}`;
const exited = (exitCode: number, ...lines: string[]): ProgramExit => ({ kind: 'exited', exitCode, lines });

/** Machines whose programs say and end as told, one boot after the other. */
function scripted(...ends: readonly ProgramExit[]) {
  const seen = { boots: 0, runs: 0, killed: 0 };
  const boot = async (): Promise<Vm> => {
    seen.boots++;
    return {
      run: async (_command, options) => {
        const end = ends[seen.runs++] ?? exited(0, began);
        for (const line of end.lines) options?.onLine?.(line);
        return end;
      },
      kill: async () => {
        seen.killed++;
        return { kind: 'killed' };
      },
    } satisfies Partial<Vm> as unknown as Vm;
  };
  return { boot, seen };
}

describe('a program in a machine', () => {
  it('that died before it began is started once more in another boot, and that is told', async () => {
    const { boot, seen } = scripted(exited(139, 'Segmentation fault'), exited(0, began));
    const run = await bootAndRun(boot, ['node']);
    expect(run.ending).toBe('exit code 0');
    expect(run.notes).toEqual([
      'started twice: the first time the program ended (exit code 139 (SIGSEGV)) before it began',
    ]);
    expect(seen).toEqual({ boots: 2, runs: 2, killed: 1 });
  });

  it('is not started a third time', async () => {
    const { boot, seen } = scripted(exited(139), exited(134));
    expect((await bootAndRun(boot, ['node'])).exit).toMatchObject({ exitCode: 134 });
    expect(seen.boots).toBe(2);
  });

  it('is not repeated once it began, whatever ended it', async () => {
    const { boot, seen } = scripted(exited(139, began, 'Segmentation fault'));
    const run = await bootAndRun(boot, ['node']);
    expect([run.ending, run.notes, seen.boots]).toEqual(['exit code 139 (SIGSEGV)', [], 1]);
  });

  it('is not repeated where the machine went down: that is no failure of the program’s start', async () => {
    const { boot, seen } = scripted({ kind: 'panicked', message: 'Kernel panic - not syncing: x', lines: [] });
    expect((await bootAndRun(boot, ['node'])).exit.kind).toBe('panicked');
    expect(seen.boots).toBe(1);
  });

  it('is started again in the same machine where that carries something over', async () => {
    const { boot, seen } = scripted(exited(139), exited(0, began));
    const run = await runInVm(await boot(), ['node']);
    expect([run.ending, run.notes.length]).toEqual(['exit code 0', 1]);
    expect(seen).toEqual({ boots: 1, runs: 2, killed: 0 });
  });
});
