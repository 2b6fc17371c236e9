/** The lab, for whatever else wants a real kernel that trusts a key of ours. */
export { whyNoKernels } from './availability.ts';
export { type BootedRun, bootAndRun } from './boot-and-run.ts';
export { type Lab, openLab } from './lab.ts';
