/**
 * The demo: the example server, a fleet of example clients on fake kernels, a good and a faulty livepatch.
 *
 * @packageDocumentation
 */
export { type DemoRun, runFleetDemo } from './fleet-demo.ts';
export { type DemoOptions, readOptions } from './options.ts';
