import { readPatches } from '@klpkit/kernel';
import type { VerifiedModule } from '@klpkit/payload';
import type { RedirectedFunction } from '../../load-report.ts';
import type { Reason } from '../../verdict.ts';
import type { LoadTest } from './load-test.ts';
import { StepFailure, type StepFindings } from './step-failure.ts';

/** Compares what the module file says it replaces with what the kernel lists as replaced. */
export async function lookAtFunctions({ kernel }: LoadTest, module: VerifiedModule): Promise<StepFindings> {
  const patch = (await readPatches(kernel)).find(({ name }) => name === module.name);
  if (patch === undefined)
    throw new StepFailure('NOT_REDIRECTED', `/sys/kernel/livepatch has no ${module.name} although it was loaded.`);
  const listed = patch.objects.flatMap(({ name: object, patched, functions }) =>
    functions.map((entry): RedirectedFunction => {
      const [name = '', position] = entry.split(',');
      return { object, name, sympos: Number(position), redirected: patched !== false };
    }),
  );
  const functions = module.objects === 'unknown' ? listed : [...listed, ...notListed(module.objects, listed)];
  const missing = functions.filter(({ redirected }) => !redirected);
  const failing = missing.filter(({ object }) => object === 'vmlinux');
  const count = `${functions.length - missing.length} of ${functions.length} functions are redirected`;
  if (functions.length === 0 || failing.length > 0) {
    const names = failing.map(({ name }) => name).join(', ') || 'none is listed';
    throw new StepFailure('NOT_REDIRECTED', `${count}: ${names}.`, { functions });
  }
  return { detail: `${count}.`, functions, reasons: missing.map(absentObject) };
}

function notListed(
  objects: Exclude<VerifiedModule['objects'], 'unknown'>,
  listed: readonly RedirectedFunction[],
): RedirectedFunction[] {
  return objects.flatMap(({ name: object, functions }) =>
    functions
      // sysfs shows 1 for the position 0, which means that the name must be unique
      .filter(
        ({ name, sympos }) =>
          !listed.some((one) => one.object === object && one.name === name && one.sympos === (sympos || 1)),
      )
      .map(({ name, sympos }): RedirectedFunction => ({ object, name, sympos, redirected: false })),
  );
}

function absentObject({ object, name }: RedirectedFunction): Reason {
  const message = `${name} of ${object} is not redirected, as that module is not loaded in the machine: it was not tried.`;
  return { code: 'NOT_REDIRECTED', weight: 'notes', message };
}
