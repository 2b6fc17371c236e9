import assert from 'node:assert/strict';
import {
  forceTransition,
  insertModule,
  preflight,
  readTransition,
  removeModule,
  reverseTransition,
  setPatchEnabled,
} from '@klpkit/kernel';
import type { VerifiedModule } from '@klpkit/payload';
import type { ComplianceCase } from './compliance-case.ts';
import type { MakeCase } from './kernel-compliance.ts';
import { apply, kindsOf, rejectsWith, takeOut } from './kernel-compliance-steps.ts';

const absent = 'klpkit_no_such_module';

/** What must be refused, with its code. */
export function refusalCases(make: MakeCase): ComplianceCase[] {
  return [...loadCases(make), ...controlCases(make)];
}

function loadCases(make: MakeCase): ComplianceCase[] {
  return [
    make('an object that only looks verified is refused before the kernel is touched', async ({ options, patch }) => {
      const forged: VerifiedModule = { ...patch };
      await rejectsWith(insertModule(forged, options), 'NOT_VERIFIED');
    }),
    make('a loaded name is refused with EEXIST', async (subject) => {
      const { options, patch } = subject;
      await apply(subject, patch);
      const error = await rejectsWith(insertModule(patch, options), 'ALREADY_LOADED');
      assert.ok('errno' in error && error.errno === 'EEXIST');
      const { reasons } = await preflight(patch, options);
      assert.ok(reasons.some(({ code }) => code === 'ALREADY_LOADED'));
      await takeOut(subject, patch.name);
    }),
    make('a refused load carries the errno and the line of the kernel', async ({ options, refused }) => {
      const error: unknown = await insertModule(refused.module, options).catch((reason: unknown) => reason);
      assert.ok(error instanceof Error && 'errno' in error, String(error));
      assert.equal(error.errno, refused.errno);
      const line = 'kernelLine' in error ? String(error.kernelLine) : null;
      if (refused.kernelLine === null) assert.equal(line, null);
      else assert.match(line ?? '', refused.kernelLine);
      assert.deepEqual(await readTransition(refused.module.name, options), { kind: 'absent' });
    }),
  ];
}

function controlCases(make: MakeCase): ComplianceCase[] {
  return [
    make('an enabled patch cannot be removed', async (subject) => {
      const { options, patch } = subject;
      await apply(subject, patch);
      const error = await rejectsWith(removeModule(patch.name, options), 'BUSY');
      assert.ok('errno' in error && error.errno === 'EAGAIN');
      await takeOut(subject, patch.name);
    }),
    make('what is not there is said to be absent, and never done', async (subject) => {
      const { options } = subject;
      assert.deepEqual(await kindsOf(subject, absent), ['absent']);
      await rejectsWith(removeModule(absent, options), 'NOT_LOADED');
      await rejectsWith(setPatchEnabled(absent, false, options), 'NOT_LOADED');
      await rejectsWith(reverseTransition(absent, options), 'NOT_LOADED');
    }),
    make('forcing outside of a transition is refused', async (subject) => {
      await apply(subject, subject.patch);
      const words = { ...subject.options, acceptsReboot: 'I accept that this machine must be rebooted' } as const;
      await rejectsWith(forceTransition(subject.patch.name, words), 'REJECTED');
      await takeOut(subject, subject.patch.name);
    }),
  ];
}
