import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeAuthority } from '@klpkit-internal/testkit';
import { inspectModule } from '@klpkit/payload';
import { type QualificationReport, qualify, type QualifyOptions } from '@klpkit/qualify';
import { buildModules, type KernelSelector, type PreparedKernel, prepareKernel } from '@klpkit/vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { whyNoKernels } from './availability.ts';
import { livepatchesFolder, vectorsFolder } from './folders.ts';
import { openTranscript } from './lab.ts';
import { packDebian, packTarball, treeOf } from './pack-kernel.ts';
import { keepResults, qualifyFolder } from './results.ts';
import type { ScenarioResult, Series } from './scenario.ts';
import { buildKselftests, selftestNames } from './selftests/kselftest-folder.ts';
import { selftestEntries } from './selftests/selftest-root.ts';

const reason = whyNoKernels();
const sources = join(livepatchesFolder, 'qualify');
const limitMs = 1_500_000;
/** Fewer runs prove too little for a pass. */
const leastRuns = 12;
/** For the case that the kept patch is for the newest 6.1. */
const other612 = 'newest-6.12-cloud';

/** A kernel with all patches built for it. */
interface Workshop {
  readonly kernel: PreparedKernel;
  readonly folder: string;
  readonly patch: (name: string) => Promise<Uint8Array>;
}

async function openWorkshop(selector: KernelSelector, folder: string, only?: readonly string[]): Promise<Workshop> {
  const kernel = await prepareKernel(selector);
  const into = join(folder, kernel.release);
  const built = await buildModules(kernel, { sources, headers: livepatchesFolder, into, ...(only && { only }) });
  return { kernel, folder: into, patch: (name) => readFile(built.get(name) ?? `no ${name}`) };
}

/** Qualifies a patch, and keeps what was said for people. */
async function report(
  { kernel, patch }: Workshop,
  name: string,
  options: Partial<QualifyOptions> = {},
): Promise<QualificationReport> {
  const transcript = openTranscript(`qualify-${kernel.release}-${name}`);
  const onProgress = (text: string): void => transcript.write(text);
  const qualification = await qualify(await patch(name), { kernel: kernel.release, onProgress, ...options });
  transcript.write(JSON.stringify(qualification.report, undefined, 1));
  await keepResults(kernel.release, [inShort(name, qualification.report)], qualifyFolder);
  return qualification.report;
}

/** For results.md. */
function inShort(name: string, { verdict, reasons, load, regression, ...times }: QualificationReport): ScenarioResult {
  const durationMs = times.finishedAt - times.startedAt;
  const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;
  const against = [...new Set(reasons.filter(({ weight }) => weight !== 'notes').map(({ code }) => code))];
  const tests =
    regression === null ? [] : [`${regression.tests.length} tests, ${regression.runs.patched} runs on each kernel`];
  const notes = [
    [verdict, ...against].join(' '),
    ...tests,
    `load test ${seconds(load.durationMs)}, all in all ${seconds(durationMs)}`,
  ];
  return { name, error: undefined, durationMs, notes };
}

const codes = ({ reasons }: QualificationReport): string[] =>
  reasons.filter(({ weight }) => weight === 'fails').map(({ code }) => code);
const messages = ({ reasons }: QualificationReport): string =>
  reasons.flatMap(({ weight, message }) => (weight === 'notes' ? [] : [message])).join('\n');

describe.skipIf(reason !== undefined)(`qualification${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'klpkit-workshop-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  describe('on 6.1', () => {
    let shop: Workshop;
    beforeAll(async () => {
      shop = await openWorkshop('newest-6.1-cloud', folder);
    }, limitMs);

    it('a patch that oopses under work only is told by the work and by the log', { timeout: limitMs }, async () => {
      const bad = await report(shop, 'klpkit_bad_oops');
      expect(codes(bad)).toEqual(expect.arrayContaining(['WORKLOAD_FAILED', 'KERNEL_INCIDENT']));
      expect(messages(bad)).toMatch(/NULL pointer dereference in livepatch_cmdline_proc_show \(attribution strong\)/);
      expect(bad.load.steps.findLast(({ outcome }) => outcome === 'failed')?.kind).toBe('work');
    });

    it('one whose transition stalls is told with the task that holds it up, the kernel from a Debian package file', {
      timeout: limitMs,
    }, async () => {
      const kernel = await packDebian(shop.kernel, shop.folder);
      const bad = await report(shop, 'klpkit_bad_stall', { kernel, transitionMs: 25_000 });
      expect(codes(bad)).toEqual(['TRANSITION_STALLED']);
      expect(messages(bad)).toMatch(/held up by kthreadd \(2\) .*It was reversed\./);
    });

    it('one that leaks a reference is told by the module that cannot be unloaded', { timeout: limitMs }, async () => {
      const bad = await report(shop, 'klpkit_bad_reference');
      expect(codes(bad)).toEqual(['UNLOAD_REFUSED']);
      expect(messages(bad)).toContain('its reference count stays at 1');
    });

    it('one that makes the work ten times slower is told by how much', { timeout: limitMs }, async () => {
      const bad = await report(shop, 'klpkit_bad_slow');
      expect(codes(bad)).toEqual(['WORKLOAD_SLOWER']);
      const [, factor] = /: ([\d.]+) times as long/.exec(messages(bad)) ?? [];
      expect(Number(factor)).toBeGreaterThan(10);
    });

    it(
      'one that was built for another kernel is told before any machine is booted',
      async () => {
        const patch = await readFile(join(vectorsFolder, 'klpkit_demo.ko'));
        const other = await inspectModule(patch);
        const release = other.vermagic.split(' ', 1)[0] === shop.kernel.release ? other612 : shop.kernel.release;
        const bad = await report(
          { ...shop, kernel: await prepareKernel(release), patch: async () => patch },
          'klpkit_demo',
        );
        expect(codes(bad)).toEqual(['WRONG_KERNEL']);
        expect(bad.load.accelerator).toBeNull();
      },
      limitMs,
    );

    describe('with the kernel’s own selftests', () => {
      let tests: Partial<QualifyOptions>;
      beforeAll(async () => {
        tests = await kselftests(shop, '6.1');
      }, limitMs);

      it('a good patch qualifies, the kernel from a tarball', { timeout: limitMs }, async () => {
        const [previous, next] = [await shop.patch('klpkit_good_1'), await shop.patch('klpkit_good_3')];
        const kernel = await packTarball(shop.kernel, shop.folder);
        expectQualified(await report(shop, 'klpkit_good_2', { previous, next, ...tests, kernel }));
      });

      it('one that breaks a single selftest is told by that selftest', { timeout: limitMs }, async () => {
        const bad = await report(shop, 'klpkit_bad_selftest', tests);
        expect(bad.load.verdict).toBe('pass');
        expect(codes(bad)).toEqual(['TEST_REGRESSED']);
        expect(messages(bad)).toContain('proc: proc-uptime-001');
      });
    });
  });

  it('on 6.12 a good patch qualifies by the same selftests, the kernel from a folder', {
    timeout: limitMs,
  }, async () => {
    const shop = await openWorkshop('newest-6.12-cloud', folder, ['klpkit_good_1', 'klpkit_good_2', 'klpkit_good_3']);
    const [previous, next] = [await shop.patch('klpkit_good_1'), await shop.patch('klpkit_good_3')];
    const kernel = treeOf(shop.kernel);
    const tests = await kselftests(shop, '6.12');
    expectQualified(await report(shop, 'klpkit_good_2', { previous, next, ...tests, kernel, boot: { cpus: 1 } })); // see the README of @klpkit/qualify
  });
});

/** Nothing speaks against it, and everything was looked at: the selftests ran and passed on both kernels, each often enough for a pass. */
function expectQualified(good: QualificationReport): void {
  expect(messages(good)).toBe('');
  expect(good.verdict).toBe('pass');
  expectWholeLife(good);
  const tests = good.regression?.tests ?? [];
  expect(tests.map(({ name }) => name)).toEqual(expect.arrayContaining([...selftestNames]));
  const spoiled = tests.filter(({ unpatched, patched }) =>
    [unpatched, patched].some((one) => one.runs < leastRuns || one.skipped > 0 || one.failed === one.runs),
  );
  expect(spoiled).toEqual([]);
}

/** Every step was carried out, the function was redirected, and the work called it. */
function expectWholeLife({ load: { steps } }: QualificationReport): void {
  expect(steps.map(({ outcome }) => outcome)).toEqual(steps.map(() => 'ok'));
  const redirected = { object: 'vmlinux', name: 'cmdline_proc_show', sympos: 1, redirected: true };
  expect(steps.flatMap(({ functions }) => functions)).toContainEqual(redirected);
  const work = { name: 'read /proc/cmdline', failures: 0, called: ['cmdline_proc_show'] };
  expect(steps.flatMap((step) => step.work)).toContainEqual(expect.objectContaining(work));
}

/** The selftests, their modules signed with a key that the kernel has room for. */
async function kselftests({ kernel, folder }: Workshop, series: Series): Promise<Partial<QualifyOptions>> {
  const authority = makeAuthority({ algorithm: series === '6.1' ? 'rsa-4096' : 'p-384', name: 'klpkit' });
  const tests = join(folder, 'kselftest');
  await buildKselftests(series, tests);
  const entries = await selftestEntries({ kernel, series, authority, folder });
  return { tests, entries, signer: { key: authority.key, certificate: authority.certificateDer } };
}
