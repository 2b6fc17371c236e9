import { describeKernel } from './describe-kernel.ts';

// The kernel for all hardware: ext4 and its helpers are modules, and the image is compressed in another form.
await describeKernel('newest-6.1', '6.1', [
  'first-load-applies',
  'replace-takes-over-and-frees-the-old-patch',
  'stalled-by-a-user-task-is-named-and-reversed',
  'oops-in-patched-code-is-found-and-attributed',
]);
