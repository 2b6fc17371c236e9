import Table from 'cli-table3';
import pc from 'picocolors';
import type { Expectation } from './expectations.ts';
import type { FaultyRow } from './faulty-release.ts';
import type { PhaseRow } from './good-release.ts';
import type { RebootRow } from './reboots.ts';

/** All that is shown at the end. */
export interface Summary {
  readonly goodKey: string;
  readonly faultyKey: string;
  readonly phases: readonly PhaseRow[];
  readonly faulty: FaultyRow;
  readonly reboot: RebootRow;
  readonly expectations: readonly Expectation[];
}

/** The tables and the list of what had to happen. */
export function renderSummary(summary: Summary): string {
  return [
    '',
    pc.bold(`${summary.goodKey}: the rollout`),
    phaseTable(summary.phases),
    pc.bold(`${summary.faultyKey}: the faulty patch`),
    faultyTable(summary),
    verdict(summary.expectations),
  ].join('\n');
}

const plain = { style: { head: [], border: [] } };

function phaseTable(rows: readonly PhaseRow[]): string {
  const table = new Table({
    ...plain,
    head: ['tier', 'share', 'machines in phase', 'patched', 'reported healthy', 'pings so far', 'gate says'],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'left'],
  });
  for (const row of rows) {
    table.push([row.tier, `${row.percent} %`, row.inPhase, row.patched, row.good, row.pings, row.gate]);
  }
  return table.toString();
}

function faultyTable({ faulty, reboot }: Summary): string {
  const table = new Table({ ...plain, colAligns: ['left', 'right'] });
  table.push(
    ['machines that took it', `${faulty.exposed} of ${reboot.rebooted}`],
    ['  reported a kernel oops', faulty.oopsed],
    ['  panicked and went down', faulty.down],
    ['  ran it without harm', faulty.unharmed],
    ['halted and blocklisted by the gate at', faulty.haltedAt],
    ['  after', `${(faulty.haltedAfterMs / 1000).toFixed(1)} s`],
    ['later takers', `${faulty.laterTakers} (in ${faulty.laterChecks} checks)`],
    ['machines rebooted', reboot.rebooted],
    ['  that had held it, proven healthy there', reboot.hadFaultyHealthy],
    ['  re-applied it', reboot.faultyReapplied],
    ['  re-applied the good patch', reboot.goodReapplied],
  );
  return table.toString();
}

function verdict(expectations: readonly Expectation[]): string {
  const missed = expectations.filter((one) => !one.held);
  if (expectations.length > 0 && missed.length === 0) {
    return pc.green(`All ${expectations.length} expectations held, over the server's data and every machine's kernel.`);
  }
  const lines = missed.map(({ what, seen }) => `  ${pc.red('✗')} ${what}: ${seen}`);
  return [pc.red(`${missed.length} of ${expectations.length} expectations did not hold:`), ...lines].join('\n');
}
