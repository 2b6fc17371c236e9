import assert from 'node:assert/strict';
import {
  forceTransition,
  insertModule,
  type MovingState,
  preflight,
  readTransition,
  removeModule,
  reverseTransition,
  watchTransition,
} from '@klpkit/kernel';
import type { ComplianceCase } from './compliance-case.ts';
import type { KernelSubject, MakeCase } from './kernel-compliance.ts';
import { kindsOf, rejectsWith, takeOut } from './kernel-compliance-steps.ts';

/** Loads the stalling patch and waits until its tasks are known. */
async function stall(subject: KernelSubject): Promise<MovingState> {
  await subject.stalling.block();
  await insertModule(subject.stalling.module, subject.options);
  for await (const state of watchTransition(subject.stalling.module.name, subject.options)) {
    assert.equal(state.kind, 'patching', 'the transition was to stall');
    if ('examined' in state && state.blockedTasks.some(({ comm }) => comm === subject.stalling.comm)) return state;
  }
  throw new Error('the watch ended though the transition stalls');
}

/** Transitions that do not end by themselves. */
export function stallCases(make: MakeCase): ComplianceCase[] {
  return [...waitingCases(make), ...escapeCases(make)];
}

function waitingCases(make: MakeCase): ComplianceCase[] {
  return [
    make('a stalled transition names the task that blocks, and ends when it leaves', async (subject) => {
      const { module, comm } = subject.stalling;
      const state = await stall(subject);
      assert.ok(state.examined);
      assert.ok(state.blockedCount >= 1);
      const task = state.blockedTasks.find((candidate) => candidate.comm === comm);
      assert.ok(task !== undefined && task.pid > 0 && task.tid > 0);
      await subject.stalling.leave();
      assert.equal((await kindsOf(subject, module.name)).at(-1), 'patched');
      await takeOut(subject, module.name);
    }),
    make('while it stalls another load is BUSY, and preflight says why', async (subject) => {
      const { options, patch, stalling } = subject;
      await stall(subject);
      const error = await rejectsWith(insertModule(patch, options), 'BUSY');
      assert.ok('errno' in error && error.errno === 'EBUSY');
      const { ok, reasons } = await preflight(patch, options);
      assert.ok(!ok && reasons.some(({ code }) => code === 'TRANSITION_UNDER_WAY'));
      await stalling.leave();
      await kindsOf(subject, stalling.module.name);
      await takeOut(subject, stalling.module.name);
    }),
    make('leaving or aborting the watch leaves the transition as it is', async (subject) => {
      const { options, stalling } = subject;
      await stall(subject); // left by return
      const reason = new Error('enough');
      const signal = AbortSignal.abort(reason);
      const watch = watchTransition(stalling.module.name, { ...options, signal });
      assert.equal(await watch.next().catch((error: unknown) => error), reason);
      assert.equal((await readTransition(stalling.module.name, options)).kind, 'patching');
      await stalling.leave();
      await kindsOf(subject, stalling.module.name);
      await takeOut(subject, stalling.module.name);
    }),
  ];
}

function escapeCases(make: MakeCase): ComplianceCase[] {
  return [
    make('a stalled transition is reversed, and its module can go', async (subject) => {
      const { options, stalling } = subject;
      await stall(subject);
      await reverseTransition(stalling.module.name, options);
      const kinds = await kindsOf(subject, stalling.module.name);
      assert.ok(
        kinds.every((kind) => kind === 'unpatching' || kind === 'unpatched'),
        kinds.join(),
      );
      assert.equal(kinds.at(-1), 'unpatched');
      await removeModule(stalling.module.name, options);
      await stalling.leave();
    }),
    make('a stalled transition is forced with the words only', async (subject) => {
      const { options, stalling } = subject;
      const { name } = stalling.module;
      await stall(subject);
      const wrong = { ...options, acceptsReboot: 'yes' } as unknown as Parameters<typeof forceTransition>[1];
      await rejectsWith(forceTransition(name, wrong), 'INVALID_ARGUMENT');
      assert.equal((await readTransition(name, options)).kind, 'patching');
      await forceTransition(name, { ...options, acceptsReboot: 'I accept that this machine must be rebooted' });
      assert.equal((await kindsOf(subject, name)).at(-1), 'patched');
      await stalling.leave();
      await takeOut(subject, name);
    }),
  ];
}
