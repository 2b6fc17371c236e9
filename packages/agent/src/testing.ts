/**
 * Fleets of real agents on fake kernels, and a store in memory.
 *
 * @packageDocumentation
 */
export {
  createFakeFleet,
  type FakeConnection,
  type FakeFleet,
  type FakeFleetOptions,
  type FakeMachine,
} from './fake-fleet.ts';
export { createMemoryStore, type MemoryStore } from './memory-store.ts';
