/**
 * A fake kernel to test against.
 *
 * @packageDocumentation
 */
export type {
  AppliesCourse,
  FakeCourse,
  FakeInsertion,
  FakeTask,
  HangsInInitCourse,
  OopsesCourse,
  OopsesInInitCourse,
  PanicsCourse,
  RejectsCourse,
  StallsCourse,
  WarnsCourse,
} from './fake-course.ts';
export { createFakeKernel } from './fake-kernel.ts';
export type { FakeKernel, FakeKernelOptions } from './fake-kernel-types.ts';
