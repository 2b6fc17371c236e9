import { readFile } from 'node:fs/promises';
import { type KernelOptions, liveRoot } from '@klpkit/kernel';

/** What the kernel says of a module: `live`, `coming`, `going`; undefined where it has none of this name. */
export async function moduleStateOf(module: string, { root = liveRoot }: KernelOptions): Promise<string | undefined> {
  const file = `${root.sysfs}/module/${module.replaceAll('-', '_')}/initstate`;
  const state = await readFile(file, 'utf8').catch(() => undefined);
  return state?.trim();
}

/** Those of these modules that are loaded and whose init is over. */
export async function liveModules(modules: readonly string[], options: KernelOptions): Promise<readonly string[]> {
  const states = await Promise.all(modules.map((module) => moduleStateOf(module, options)));
  return modules.filter((_, index) => states[index] === 'live');
}
