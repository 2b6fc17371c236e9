import assert from 'node:assert/strict';
import type { ComplianceCase } from '@klpkit-internal/testkit';
import type { Guest } from '../scenario.ts';

/** Runs every case of a kit and fails with all that did not hold. `clean` runs after each, whatever became of it. */
export async function runKit(
  guest: Guest,
  cases: readonly ComplianceCase[],
  clean: () => Promise<void>,
): Promise<void> {
  const failed: string[] = [];
  for (const { name, run } of cases) {
    await run().catch((error: unknown) => failed.push(`${name}: ${String(error)}`));
    await clean();
    console.log(`${failed.at(-1)?.startsWith(`${name}:`) === true ? 'NOT' : 'ok'} ${name}`);
  }
  assert.ok(cases.length > 0);
  assert.equal(failed.join('\n'), '');
  guest.note(`${cases.length} cases`);
}
