import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { KernelSelector } from '@klpkit/vm';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { whyNoKernels } from './availability.ts';
import { type Lab, openLab } from './lab.ts';
import { keepResults } from './results.ts';
import { limitMs, runGuestScenarios } from './run-guest-scenarios.ts';
import type { Boot, HostScenario, Scenario, ScenarioResult, Series } from './scenario.ts';

const scenariosFolder = fileURLToPath(new URL('scenarios', import.meta.url));
const sharedBoots = ['enforcing', 'open', 'faults', 'lockdown'] satisfies Boot[];
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

/**
 * Makes a test of each scenario on one kernel, or of those named. Those in the guest share a boot of each kind.
 * KLPKIT_SCENARIO in the environment leaves out all whose name does not contain it.
 */
export async function describeKernel(
  selector: KernelSelector,
  series: Series,
  names?: readonly string[],
): Promise<void> {
  const reason = whyNoKernels();
  const only = process.env['KLPKIT_SCENARIO'] ?? '';
  const loaded = await loadScenarios(series);
  const isWanted = (name: string): boolean => name.includes(only) && (names?.includes(name) ?? true);
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
    const bootedAs = (boot: Boot): string[] =>
      [...scenarios].flatMap(([name, scenario]) =>
        scenario.where === 'guest' && scenario.boot === boot ? [name] : [],
      );
    for (const boot of sharedBoots) describeBoot(boot, bootedAs(boot), () => lab, all);
    for (const name of bootedAs('own')) describeBoot('own', [name], () => lab, all);
    for (const [name, scenario] of scenarios) {
      if (scenario.where === 'host') itOnHost(name, scenario, () => lab, all);
    }
  });
}

function describeBoot(boot: Boot, names: readonly string[], lab: () => Lab, all: ScenarioResult[]): void {
  describe.skipIf(names.length === 0)(boot, () => {
    let results: ReadonlyMap<string, ScenarioResult>;
    beforeAll(async () => {
      results = await runGuestScenarios(lab(), boot, names);
      all.push(...results.values());
    }, limitMs + 60_000);
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
