import { join } from 'node:path';
import type { BootOptions } from '@klpkit/vm';
import { bootAndRun, type GuestRun, runInVm } from './boot-and-run.ts';
import { type Lab, openTranscript, type Transcript } from './lab.ts';
import { parseResult } from './parse-result.ts';
import type { Pstore, ScenarioResult } from './scenario.ts';

/** A panic, the reboot and the look at what is left, on a machine that has much else to do. */
export const panicLimitMs = 300_000;

/** The last MiB of the first 257 is kept from the kernel. It survives a reboot inside the same QEMU. */
const region = { address: '0x10000000', bytes: '0x100000' };

const ramoops: Partial<BootOptions> = {
  append: `module.sig_enforce=1 memmap=1M$${region.address}`,
  drivers: [
    'reed_solomon',
    `ramoops mem_address=${region.address} mem_size=${region.bytes} record_size=0x20000 console_size=0 ecc=1`,
  ],
};

/** The driver is built into the kernel; QEMU keeps the storage in a file, which the lab takes along. */
const erst = (file: string): Partial<BootOptions> => ({
  append: 'module.sig_enforce=1',
  qemuArguments: [
    '-object',
    `memory-backend-file,id=erst,mem-path=${file},size=0x10000,share=on`,
    '-device',
    'acpi-erst,memdev=erst',
  ],
});

const program = (found: string | undefined, next: string | undefined): string[] => [
  'node',
  '--conditions=@klpkit/source',
  '/app/vm/src/guest/panics.ts',
  found ?? '-',
  next ?? '-',
];

/** Lets each scenario panic in turn, in one QEMU; the boot after each panic judges it and goes on with the next. */
export async function runPanicScenarios(
  lab: Lab,
  pstore: Pstore,
  names: readonly string[],
): Promise<ReadonlyMap<string, ScenarioResult>> {
  const transcript = openTranscript(`${lab.kernel.release}-panics-${pstore}`);
  const results = new Map<string, ScenarioResult>();
  const onLine = (line: string): void => {
    transcript.write(line);
    const message = parseResult(line);
    if (message !== undefined && 'name' in message) results.set(message.name, message);
  };
  const bootLab = () =>
    lab.boot({
      ...(pstore === 'ramoops' ? ramoops : erst(join(lab.folder, 'erst'))),
      reboot: 'allow',
      timeoutMs: panicLimitMs * (names.length + 1),
      onConsoleLine: (line) => transcript.write(line),
    });
  await using first = await bootAndRun(bootLab, program(undefined, names[0]), { onLine });
  let before: GuestRun = first;
  for (const [index, name] of names.entries()) {
    if (before.exit.kind !== 'panicked') {
      results.set(name, failed(name, `no panic: ${before.ending}`, transcript));
      break;
    }
    const stayedDown = await first.vm.rebooted({ timeoutMs: panicLimitMs }).then(() => undefined, String);
    if (stayedDown !== undefined) {
      results.set(name, failed(name, `it did not come back from its panic (${stayedDown})`, transcript));
      break;
    }
    const after = await runInVm(first.vm, program(name, names[index + 1]), { onLine });
    const judged = results.get(name) ?? failed(name, `not judged: ${after.ending}`, transcript);
    results.set(name, { ...judged, notes: [...before.notes, ...after.notes, ...judged.notes] });
    before = { ...after, notes: [] };
  }
  for (const name of names)
    if (!results.has(name)) results.set(name, failed(name, `its turn did not come: ${before.ending}`, transcript));
  return results;
}

function failed(name: string, why: string, transcript: Transcript): ScenarioResult {
  const error = `${why}; all of the machine's words are in ${transcript.path}, the last are:\n${transcript.tail().join('\n')}`;
  return { name, error, durationMs: 0, notes: [] };
}
