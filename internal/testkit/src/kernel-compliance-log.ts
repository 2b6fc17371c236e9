import assert from 'node:assert/strict';
import { lastLogSequence, readKernelLog } from '@klpkit/kernel';
import { parseLogRecord } from '@klpkit/kernel-log';
import type { ComplianceCase } from './compliance-case.ts';
import type { KernelSubject, MakeCase } from './kernel-compliance.ts';
import { apply, takeOut } from './kernel-compliance-steps.ts';

async function textsFrom({ options }: KernelSubject, seq: number): Promise<{ seq: number; text: string }[]> {
  const texts: { seq: number; text: string }[] = [];
  for await (const record of readKernelLog({ ...options, from: { seq } })) {
    const parsed = parseLogRecord(record, { format: 'kmsg' });
    assert.ok(parsed?.seq !== undefined && parsed.seq !== null, record);
    if (parsed.facility === 0) texts.push({ seq: parsed.seq, text: parsed.text });
  }
  return texts;
}

/** The kernel log around a load. */
export function logCases(make: MakeCase): ComplianceCase[] {
  return [...sequenceCases(make), ...followCases(make)];
}

function sequenceCases(make: MakeCase): ComplianceCase[] {
  return [
    make("a load's lines are read from the sequence number taken before it", async (subject) => {
      const before = await lastLogSequence(subject.options);
      await apply(subject, subject.patch);
      const { name } = subject.patch;
      const records = await textsFrom(subject, before + 1);
      assert.ok(records.every(({ seq }) => seq > before));
      const texts = records.map(({ text }) => text);
      const wanted = [
        `livepatch: enabling patch '${name}'`,
        `livepatch: '${name}': starting patching transition`,
        `livepatch: '${name}': patching complete`,
      ];
      assert.deepEqual(
        wanted.map((text) => texts.indexOf(text)).toSorted((a, b) => a - b),
        wanted.map((text) => texts.indexOf(text)),
      );
      assert.ok(
        wanted.every((text) => texts.includes(text)),
        texts.join('\n'),
      );
      await takeOut(subject, name);
    }),
  ];
}

function followCases(make: MakeCase): ComplianceCase[] {
  return [
    make('a reader that follows gets what comes, in order, and ends by its signal', async (subject) => {
      const stop = new AbortController();
      const seqs: number[] = [];
      const end = `livepatch: '${subject.patch.name}': unpatching complete`;
      const follow = async (): Promise<void> => {
        const options = { ...subject.options, from: 'now', follow: true, signal: stop.signal } as const;
        for await (const record of readKernelLog(options)) {
          const parsed = parseLogRecord(record, { format: 'kmsg' });
          if (typeof parsed?.seq === 'number') seqs.push(parsed.seq);
          if (parsed?.text === end) stop.abort(new Error('seen'));
        }
      };
      const following = follow().catch((error: unknown) => error);
      await apply(subject, subject.patch);
      await takeOut(subject, subject.patch.name);
      const error = await following;
      assert.ok(error instanceof Error && error.message === 'seen', String(error));
      assert.deepEqual(
        seqs,
        seqs.toSorted((a, b) => a - b),
      );
    }),
  ];
}
