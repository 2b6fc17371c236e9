import { readFile } from 'node:fs/promises';
import { liveRoot } from '@klpkit/kernel';
import type { AgentOptions } from './ports.ts';
import { storeNames } from './store.ts';

/** A person's word that stands above everything the server says. */
export interface KillSwitch {
  /** `off`: the agent does nothing at all. `no-apply`: it watches and reports, but inserts nothing. */
  readonly mode: 'off' | 'no-apply';
  readonly by: 'command-line' | 'file';
}

/**
 * Reads the kill switch: `klpkit=off` or `klpkit=no-apply` on the kernel command line (for a machine that no longer boots otherwise), or a file
 * `kill-switch` in the store that holds one of the two words. Whatever else stands there counts as `off`: who throws the switch and
 * misspells it must not find the agent at work.
 */
export async function readKillSwitch({
  kernel,
  store,
}: Pick<AgentOptions, 'kernel' | 'store'>): Promise<KillSwitch | undefined> {
  const { procfs } = kernel?.root ?? liveRoot;
  const commandLine = await readFile(`${procfs}/cmdline`, 'utf8').catch(() => '');
  // The last one wins, as with the kernel's own parameters.
  const word = commandLine
    .split(/\s+/)
    .findLast((one) => one.startsWith('klpkit='))
    ?.slice('klpkit='.length);
  const file = await store.read(storeNames.killSwitch);
  const fromFile = file === undefined ? undefined : new TextDecoder().decode(file).trim();
  if (word !== undefined && modeOf(word) === 'off') return { mode: 'off', by: 'command-line' };
  if (fromFile !== undefined && modeOf(fromFile) === 'off') return { mode: 'off', by: 'file' };
  if (word !== undefined) return { mode: 'no-apply', by: 'command-line' };
  return fromFile === undefined ? undefined : { mode: 'no-apply', by: 'file' };
}

function modeOf(word: string): KillSwitch['mode'] {
  return word === 'no-apply' ? 'no-apply' : 'off';
}
