import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { tempFolder } from '@klpkit-internal/testkit';
import { createFakeKernel, type FakeCourse, type FakeKernel } from '@klpkit/kernel/testing';

/** The kernel that the tests' machines run. */
export const testKernel = { release: '6.1.0-56-amd64', arch: 'x86_64' } as const;

/** A fake kernel and a place for the agent's state. */
export interface TestMachine extends AsyncDisposable {
  readonly kernel: FakeKernel;
  readonly stateFolder: string;
}

/** Makes a machine whose next insertions take this course. */
export async function makeTestMachine(course: FakeCourse = { kind: 'applies', afterMs: 20 }): Promise<TestMachine> {
  const folder = await tempFolder();
  const kernelFolder = join(folder.path, 'kernel');
  await mkdir(kernelFolder);
  const kernel = await createFakeKernel({ folder: kernelFolder, ...testKernel, course });
  return {
    kernel,
    stateFolder: join(folder.path, 'state'),
    async [Symbol.asyncDispose]() {
      await kernel.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}
