import type { GuestScenario, PanicScenario, Scenario } from '../scenario.ts';

async function load(name: string): Promise<Scenario> {
  return ((await import(`../scenarios/${name}.scenario.ts`)) as { default: Scenario }).default;
}

/** A scenario that shares its boot. */
export async function loadGuest(name: string): Promise<GuestScenario> {
  const scenario = await load(name);
  if (scenario.where !== 'guest') throw new TypeError(`${name} does not run in a boot that is shared`);
  return scenario;
}

/** A scenario that ends in a panic. */
export async function loadPanic(name: string): Promise<PanicScenario> {
  const scenario = await load(name);
  if (scenario.where !== 'panic') throw new TypeError(`${name} ends in no panic`);
  return scenario;
}
