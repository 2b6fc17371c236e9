/**
 * A fake kernel to test against.
 *
 * @packageDocumentation
 */
export type { FakeCourse, FakeInsertion, FakeTask } from './fake-course.ts';
export type { FakeKernel, FakeKernelOptions } from './fake-kernel-types.ts';
