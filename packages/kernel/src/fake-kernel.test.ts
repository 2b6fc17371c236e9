import {
  kernelCompliance,
  loaderCompliance,
  signTestModule,
  type TempFolder,
  tempFolder,
  testAuthority,
  tinyModule,
} from '@klpkit-internal/testkit';
import { type KernelOptions, setPatchEnabled } from '@klpkit/kernel';
import { createFakeKernel, type FakeCourse, type FakeKernel } from '@klpkit/kernel/testing';
import { parseTrust, type VerifiedModule, verifyModule } from '@klpkit/payload';
import { afterEach, describe, test } from 'vitest';

const open: { kernel: FakeKernel; folder: TempFolder }[] = [];

afterEach(async () => {
  for (const { kernel, folder } of open.splice(0)) {
    await kernel.close();
    await folder[Symbol.asyncDispose]();
  }
});

const courses: Readonly<Record<string, FakeCourse>> = {
  lp_refused: { kind: 'rejects', errno: 'EINVAL', kernelLine: "livepatch: symbol 'no_such' not found in symbol table" },
  failing: { kind: 'rejects', errno: 'ENODEV' },
  lp_stalling: { kind: 'stalls', tasks: [{ comm: 'klpkit-sleeper' }] },
  lp_replacement: { kind: 'applies', replace: true },
};

async function fake(): Promise<{ kernel: FakeKernel; options: KernelOptions }> {
  const folder = await tempFolder();
  const course = ({ name }: { name: string }): FakeCourse => courses[name] ?? { kind: 'applies', afterMs: 60 };
  const kernel = await createFakeKernel({ folder: folder.path, course });
  open.push({ kernel, folder });
  return { kernel, options: { root: kernel.root, loader: kernel.loader } };
}

async function verified(name: string): Promise<VerifiedModule> {
  const authority = testAuthority();
  const trust = await parseTrust({ certificates: [authority.certificateDer] });
  return verifyModule(await signTestModule(tinyModule({ name }), authority), { trust, sha256: null });
}

describe('the fake loader passes the loader compliance kit', () => {
  const cases = loaderCompliance(async () => {
    const { kernel, options } = await fake();
    const livepatch = { name: 'lp_good', bytes: tinyModule({ name: 'lp_good' }) };
    const disable = async (): Promise<void> => {
      kernel.releaseTasks();
      await setPatchEnabled(livepatch.name, false, options);
      kernel.releaseTasks();
    };
    return {
      loader: kernel.loader,
      state: (name) => (kernel.modules.includes(name) ? 'live' : undefined),
      plain: { name: 'plain', bytes: tinyModule({ name: 'plain', livepatch: false }) },
      failing: { name: 'failing', bytes: tinyModule({ name: 'failing', livepatch: false }), errno: 19 },
      livepatch: { ...livepatch, disable },
    };
  });
  test.each(cases)('$name', ({ run }) => run());
});

describe('the fake kernel passes the kernel compliance kit', () => {
  const cases = kernelCompliance(async () => {
    const { kernel, options } = await fake();
    return {
      options,
      patch: await verified('lp_good'),
      replacement: await verified('lp_replacement'),
      refused: { module: await verified('lp_refused'), errno: 'EINVAL', kernelLine: /^livepatch: symbol 'no_such'/ },
      stalling: {
        module: await verified('lp_stalling'),
        comm: 'klpkit-sleeper',
        block: async () => undefined,
        leave: async () => kernel.releaseTasks(),
      },
    };
  });
  test.each(cases)('$name', ({ run }) => run());
});
