import assert from 'node:assert/strict';
import {
  bootId,
  compareCounters,
  insertModule,
  preflight,
  readCounters,
  readKernelInfo,
  readPatches,
  readTransition,
  removeModule,
  setPatchEnabled,
} from '@klpkit/kernel';
import type { ComplianceCase } from './compliance-case.ts';
import type { MakeCase } from './kernel-compliance.ts';
import { apply, kindsOf, takeOut } from './kernel-compliance-steps.ts';

/** A patch's life: load, apply, replace, disable, unload. */
export function lifeCases(make: MakeCase): ComplianceCase[] {
  return [...applyingCases(make), ...endingCases(make), ...repeatedCases(make)];
}

function applyingCases(make: MakeCase): ComplianceCase[] {
  return [
    make('a patch applies, is listed, and leaves only the expected taint', async (subject) => {
      const { options, patch } = subject;
      const before = await readCounters(options);
      await insertModule(patch, options);
      const kinds = await kindsOf(subject, patch.name);
      assert.ok(
        kinds.every((kind) => kind === 'patching' || kind === 'patched'),
        kinds.join(),
      );
      assert.equal(kinds.at(-1), 'patched');
      const listed = (await readPatches(options)).find(({ name }) => name === patch.name);
      assert.equal(listed?.enabled, true);
      assert.equal(listed.transition, false);
      assert.ok(listed.objects.some(({ functions }) => functions.length > 0));
      assert.ok(compareCounters(before, await readCounters(options)).healthy);
      await takeOut(subject, patch.name);
    }),
    make('a patched state is told by the transition flag', async (subject) => {
      await apply(subject, subject.patch);
      const state = await readTransition(subject.patch.name, subject.options);
      assert.deepEqual(state, { kind: 'patched', evidence: 'transition' });
      await takeOut(subject, subject.patch.name);
    }),
  ];
}

function endingCases(make: MakeCase): ComplianceCase[] {
  return [
    make('disabling goes through unpatching to unpatched; after the removal it is absent', async (subject) => {
      const { options, patch } = subject;
      await apply(subject, patch);
      await setPatchEnabled(patch.name, false, options);
      const kinds = await kindsOf(subject, patch.name);
      assert.ok(
        kinds.every((kind) => kind === 'unpatching' || kind === 'unpatched'),
        kinds.join(),
      );
      assert.equal(kinds.at(-1), 'unpatched');
      await removeModule(patch.name, options);
      assert.deepEqual(await readTransition(patch.name, options), { kind: 'absent' });
      assert.deepEqual(await readPatches(options), []);
    }),
    make('an atomic replace ends the older patch and frees its module', async (subject) => {
      const { options, patch, replacement } = subject;
      await apply(subject, patch);
      await apply(subject, replacement);
      assert.equal((await kindsOf(subject, patch.name)).at(-1), 'unpatched');
      await removeModule(patch.name, options);
      assert.deepEqual(
        (await readPatches(options)).map(({ name }) => name),
        [replacement.name],
      );
      await takeOut(subject, replacement.name);
    }),
  ];
}

function repeatedCases(make: MakeCase): ComplianceCase[] {
  return [
    make('a patch can be loaded again after its removal', async (subject) => {
      for (let round = 0; round < 2; round += 1) {
        await apply(subject, subject.patch);
        await takeOut(subject, subject.patch.name);
      }
    }),
    make(
      'the kernel tells what it is, and preflight finds nothing against a sound patch',
      async ({ options, patch }) => {
        const info = await readKernelInfo(options);
        assert.equal(info.livepatch, true);
        assert.equal(info.model, 'per-task');
        assert.equal(info.bootId, await bootId(options));
        const { ok, reasons } = await preflight(patch, options);
        assert.ok(ok, JSON.stringify(reasons));
      },
    ),
  ];
}
