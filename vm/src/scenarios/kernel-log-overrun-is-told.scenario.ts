import assert from 'node:assert/strict';
import { open, writeFile } from 'node:fs/promises';
import { lastLogSequence, type LogGap, readKernelLog } from '@klpkit/kernel';
import type { GuestScenario } from '../scenario.ts';

export default {
  where: 'guest',
  boot: 'open',
  series: ['6.1'],
  async run(guest) {
    await writeFile('/proc/sys/kernel/printk_devkmsg', 'on\n');
    await writeFile('/proc/sys/kernel/printk', '1'); // not on the console, which is slow
    const seq = await lastLogSequence();
    const log = await open('/dev/kmsg', 'w');
    for (let n = 0; n < 6000; n++) await log.write(`<6>klpkit: filler ${n} ${'x'.repeat(100)}\n`);
    await log.close();
    await assert.rejects(
      async () => {
        for await (const record of readKernelLog({ from: { seq: seq + 1 } })) void record;
      },
      { name: 'KernelError', code: 'LOG_OVERRUN' },
    );
    const gaps: LogGap[] = [];
    let kernels = 0;
    for await (const record of readKernelLog({ from: { seq: seq + 1 }, onGap: (gap) => gaps.push(gap) })) {
      if (Number(record.split(',')[0]) < 8) kernels++;
    }
    assert.equal(gaps.length, 1);
    assert.equal(gaps[0]?.fromSeq, seq + 1);
    assert.equal(kernels, 0, 'what a program writes is never of facility 0');
    guest.note(`${(gaps[0]?.toSeq ?? 0) - seq - 1} of 6000 records lost`);
  },
} satisfies GuestScenario;
