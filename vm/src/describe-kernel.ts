import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { KernelSelector } from '@klpkit/vm';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { whyNoKernels } from './availability.ts';
import { type Lab, openLab } from './lab.ts';
import { keepResults } from './results.ts';
import { limitMs, runGuestScenarios } from './run-guest-scenarios.ts';
import { panicLimitMs, runPanicScenarios } from './run-panic-scenarios.ts';
import type { Boot, HostScenario, Pstore, Scenario, ScenarioResult, Series } from './scenario.ts';

const scenariosFolder = fileURLToPath(new URL('scenarios', import.meta.url));
const sharedBoots = ['enforcing', 'open', 'faults', 'lockdown'] satisfies Boot[];
const backends = ['ramoops', 'erst'] satisfies Pstore[];
const suffix = '.scenario.ts';

/** The scenarios of a series by name; the file's name says what is expected. */
async function loadScenarios(series: Series): Promise<ReadonlyMap<string, Scenario>> {
  const files = (await readdir(scenariosFolder)).filter((file) => file.endsWith(suffix)).toSorted();
  const loaded = await Promise.all(
    files.map(async (file): Promise<[string, Scenario]> => {
      const module = (await import(`./scenarios/${file.slice(0, -suffix.length)}.scenario.ts`)) as {
        default: Scenario;
      };
      return [file.slice(0, -suffix.length), module.default];
    }),
  );
  return new Map(loaded.filter(([, scenario]) => scenario.series?.includes(series) ?? true));
}

/** What the tests of one kernel share. */
interface Suite {
  readonly scenarios: ReadonlyMap<string, Scenario>;
  /** There once the tests run. */
  readonly lab: () => Lab;
  readonly all: ScenarioResult[];
}

/**
 * Makes a test of each scenario on one kernel, or of those named. Those in the guest share a boot of each kind.
 * KLPKIT_SCENARIO in the environment leaves out all whose name contains none of its words, which commas part.
 */
export async function describeKernel(
  selector: KernelSelector,
  series: Series,
  wanted?: readonly string[],
): Promise<void> {
  const reason = whyNoKernels();
  const words = (process.env['KLPKIT_SCENARIO'] ?? '').split(',');
  const loaded = await loadScenarios(series);
  const isWanted = (name: string): boolean =>
    words.some((word) => name.includes(word)) && (wanted?.includes(name) ?? true);
  const scenarios = new Map([...loaded].filter(([name]) => isWanted(name)));
  describe.skipIf(reason !== undefined)(`${selector}${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
    let lab: Lab;
    const all: ScenarioResult[] = [];
    beforeAll(async () => {
      lab = await openLab(selector);
    });
    afterAll(async () => {
      if (lab === undefined) return;
      await keepResults(lab.kernel.release, all);
      await lab[Symbol.asyncDispose]();
    });
    describeAll({ scenarios, lab: () => lab, all });
  });
}

function describeAll(suite: Suite): void {
  const { scenarios, lab, all } = suite;
  const pick = (fits: (scenario: Scenario) => boolean): string[] =>
    [...scenarios].flatMap(([name, scenario]) => (fits(scenario) ? [name] : []));
  const bootedAs = (boot: Boot): string[] => pick((scenario) => scenario.where === 'guest' && scenario.boot === boot);
  const inBoot = (boot: Boot, names: readonly string[]): void =>
    describeShared(boot, names, { all, limit: limitMs, run: () => runGuestScenarios(lab(), boot, names) });
  for (const boot of sharedBoots) inBoot(boot, bootedAs(boot));
  for (const name of bootedAs('own')) inBoot('own', [name]);
  for (const pstore of backends) {
    const names = pick((scenario) => scenario.where === 'panic' && scenario.pstore === pstore);
    const run = (): Promise<ReadonlyMap<string, ScenarioResult>> => runPanicScenarios(lab(), pstore, names);
    describeShared(`panics, ${pstore}`, names, { all, limit: panicLimitMs * (names.length + 1), run });
  }
  for (const [name, scenario] of scenarios) {
    if (scenario.where === 'host') itOnHost(name, scenario, lab, all);
  }
}

interface SharedRun {
  readonly all: ScenarioResult[];
  readonly limit: number;
  readonly run: () => Promise<ReadonlyMap<string, ScenarioResult>>;
}

/** Scenarios that are run in one go, a test each. */
function describeShared(title: string, names: readonly string[], { all, limit, run }: SharedRun): void {
  describe.skipIf(names.length === 0)(title, () => {
    let results: ReadonlyMap<string, ScenarioResult>;
    beforeAll(async () => {
      results = await run();
      all.push(...results.values());
    }, limit + 60_000);
    for (const name of names) it(name, () => judge(results.get(name)));
  });
}

function itOnHost(name: string, scenario: HostScenario, lab: () => Lab, all: ScenarioResult[]): void {
  it(name, async () => {
    const startedAt = performance.now();
    const notes: string[] = [];
    const done = (error: string | undefined): void =>
      void all.push({ name, error, durationMs: Math.round(performance.now() - startedAt), notes });
    try {
      await scenario.run(lab(), (text) => void notes.push(text));
      done(undefined);
    } catch (error) {
      done(String(error));
      throw error;
    }
  });
}

function judge(result: ScenarioResult | undefined): void {
  if (result?.error !== undefined) throw new Error(result.error);
}
