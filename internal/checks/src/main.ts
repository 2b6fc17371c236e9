import { resolve } from 'node:path';
import { allChecks } from './all-checks.ts';
import { packOnce } from './pack/pack-packages.ts';
import { runChecks } from './run-checks.ts';

const usage = `Usage: pnpm check [NAME…]

Runs every static check, or those whose name contains one of the NAMEs.`;

async function main(filters: readonly string[]): Promise<number> {
  const packed = packOnce();
  const checks = allChecks(packed.pack);
  const chosen =
    filters.length === 0 ? checks : checks.filter(({ name }) => filters.some((filter) => name.includes(filter)));
  if (chosen.length === 0) {
    console.error(`${usage}\n\nChecks:\n${checks.map(({ name }) => `  ${name}`).join('\n')}`);
    return 2;
  }
  const root = resolve(import.meta.dirname, '../../..');
  try {
    const failed = await runChecks(chosen, { root }, (line) => console.log(line));
    console.log(
      `\n${chosen.length - failed.length} of ${chosen.length} checks passed${failed.length === 0 ? '' : `; failed: ${failed.join(', ')}`}`,
    );
    return failed.length === 0 ? 0 : 1;
  } finally {
    await packed.dispose();
  }
}

process.exitCode = await main(process.argv.slice(2));
