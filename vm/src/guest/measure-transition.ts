/**
 * How soon the watcher sees the end of a transition: node measure-transition.ts ROUNDS. Each round patches and unpatches; prints one
 * line of JSON with a record a transition.
 */
import { appendFile, readFile } from 'node:fs/promises';
import {
  insertModule,
  lastLogSequence,
  readKernelLog,
  removeModule,
  setPatchEnabled,
  watchTransition,
} from '@klpkit/kernel';
import { parseLogRecord } from '@klpkit/kernel-log';
import { parseTrust, verifyModule } from '@klpkit/payload';
import { sayBegun } from './result-mark.ts';

const nowUs = (): number => Number(process.hrtime.bigint() / 1000n);

/** The kernel's stamp of the first record since `seq` that `pattern` fits. */
async function stampOf(seq: number, pattern: RegExp): Promise<number> {
  for await (const line of readKernelLog({ from: { seq: seq + 1 } })) {
    const record = parseLogRecord(line, { format: 'kmsg' });
    if (record !== undefined && pattern.test(record.text)) return Number(record.timeUs);
  }
  throw new Error(`the kernel log has no ${pattern.source}`);
}

/** Stamps are the scheduler's clock, ours is CLOCK_MONOTONIC: a record of our own tells how far they are apart. */
async function clockOffsetUs(): Promise<number> {
  const seq = await lastLogSequence();
  const before = nowUs();
  await appendFile('/dev/kmsg', 'klpkit-measure\n');
  const after = nowUs();
  return (before + after) / 2 - (await stampOf(seq, /klpkit-measure/));
}

async function watched(name: string, end: 'patched' | 'absent', complete: RegExp, start: () => Promise<void>) {
  const offset = await clockOffsetUs();
  const seq = await lastLogSequence();
  const startedUs = nowUs();
  await start();
  const watchingUs = nowUs();
  for await (const state of watchTransition(name)) if (state.kind === end || state.kind === 'unpatched') break;
  const seenUs = nowUs();
  const endedUs = (await stampOf(seq, complete)) + offset;
  // What ended before the watch began could not be seen sooner than at its begin.
  return { lagMs: (seenUs - Math.max(endedUs, watchingUs)) / 1000, waitedMs: (endedUs - startedUs) / 1000 };
}

sayBegun();
const trust = await parseTrust({ certificates: [await readFile('/lab/trusted.der')] });
const bytes = await readFile('/lab/modules/trusted/klpkit_cmdline_1.ko');
const module = await verifyModule(bytes, { trust, sha256: null });
const seen: { readonly lagMs: number; readonly waitedMs: number }[] = [];
for (let round = 0; round < Number(process.argv[2]); round += 1) {
  seen.push(await watched(module.name, 'patched', /: patching complete/, () => insertModule(module)));
  seen.push(await watched(module.name, 'absent', /: unpatching complete/, () => setPatchEnabled(module.name, false)));
  await removeModule(module.name);
}
console.log(JSON.stringify(seen));
process.exit(0);
