import { expect } from 'vitest';
import type { Scenario } from './crash-scenarios.ts';
import { type DiskTurn, troubles } from './order.ts';
import { wholeCourse } from './power-cuts.ts';

const module = 'klpkit_cmdline_1';
const applied = 'nothing-to-apply already-applied';
const unusable = 'error STATE_UNUSABLE';

/** From a disk that is full before the agent ever ran to one that is read-only, and back each time; `told` is what each turn ends in. */
const course: readonly { readonly turn: DiskTurn; readonly told: readonly string[]; readonly journal: unknown }[] = [
  // Not even a lock can be written; one try at the start, one at the first check, and the agent sleeps.
  { turn: { make: 'full', call: 'run' }, told: [], journal: null },
  { turn: { call: 'start' }, told: ['refused'], journal: null },
  {
    turn: { make: 'roomy', fillBefore: 'open-record', call: 'check' },
    told: ['refused'],
    journal: { open: null, held: 0 },
  },
  { turn: { make: 'read-only', call: 'check' }, told: ['refused'], journal: { open: null, held: 0 } },
  { turn: { make: 'writable', call: 'check' }, told: ['refused'], journal: { open: null, held: 0 } }, // still full
  // Full while the patch soaks: it is no worse for it, and its record stays open on the disk.
  {
    turn: { make: 'roomy', fillBefore: 'examine', call: 'check' },
    told: ['healthy'],
    journal: { open: 'soaking', held: 0 },
  },
  { turn: { call: 'check' }, told: [applied], journal: { open: 'soaking', held: 0 } },
  { turn: { make: 'roomy', call: 'check' }, told: [applied], journal: { open: null, held: 1 } },
  { turn: { make: 'read-only', call: 'start' }, told: ['refused'], journal: { open: null, held: 1 } },
  { turn: { make: 'writable', call: 'start' }, told: ['idle'], journal: { open: null, held: 1 } },
];

async function comesAndGoes({ common, live, publish, attempts }: Parameters<Scenario>[0]): Promise<void> {
  await publish(module, '1');
  const run = await live(await common(), 'disk', { disk: course.map(({ turn }) => turn) });
  expect(run.calls).toEqual(course.flatMap(({ told }) => told));
  const journals = run.lines.flatMap((line) => ('turn' in line ? [line.journal] : []));
  expect(journals).toEqual(course.map(({ journal }) => journal));
  const refusals = run.lines.filter((line) => 'detail' in line && line.state === 'refused');
  expect(refusals).toHaveLength(2 + course.filter(({ told }) => told.includes('refused')).length);
  for (const line of refusals)
    expect(line).toMatchObject({ detail: expect.stringMatching(/^\[STATE_UNUSABLE\].*(ENOSPC|EROFS)/) as string });
  expect(troubles(run.lines)).toContainEqual(expect.stringMatching(/^RECORD_NOT_KEPT .*ENOSPC/));
  expect([run.patches, run.cmdline]).toEqual([[module], 'KLPKIT-MARKER-1']);
  // What failed before the insertion has no before-ping and is held against no patch; the attempt that was inserted has all its pings.
  expect(attempts()).toEqual([[unusable], [unusable], [unusable], [...wholeCourse]]);
}

/** The state folder on a real medium that refuses. */
export const diskScenarios: readonly (readonly [string, Scenario])[] = [
  ['full or read-only is a named state, and the agent goes on by itself once there is room', comesAndGoes],
];
