/**
 * What is known of the livepatches on a machine from the log so far.
 *
 * Log lines: kernel/livepatch/core.c and transition.c, kernel/module/main.c (TAINT_LIVEPATCH), kpatch's kmod/core/core.c.
 */
export interface LivepatchWatch {
  /** Reads a message that may name a livepatch. */
  learn(message: string): void;
  /** A module list showed this one with the letter K. */
  saw(name: string): void;
  /** Known to be a livepatch, loaded now or earlier. */
  isLivepatch(name: string): boolean;
  /** Names of the livepatches loaded last, the newest last. */
  loaded(): readonly string[];
}

/** More livepatches than this at a time are not kept apart. */
const maxKnown = 64;

const name = "'([A-Za-z0-9_-]{1,64})'";
const loading = [
  new RegExp(`^livepatch: enabling patch ${name}`),
  new RegExp(`^livepatch: ${name}: starting patching transition`),
  new RegExp(`^livepatch: applying patch ${name} to `),
  new RegExp(`^kpatch: (?:loaded|enabled) patch module ${name}`),
  /^([A-Za-z0-9_-]{1,64}): tainting kernel with TAINT_LIVEPATCH/,
];
const unloading = [
  new RegExp(`^livepatch: ${name}: unpatching complete`),
  new RegExp(`^kpatch: unloaded patch module ${name}`),
];

/** By convention: kpatch-build's and klp-build's default prefixes, SUSE's and Red Hat's. */
const conventional = /^(?:kpatch|livepatch|klp|kgraft_patch)_[A-Za-z0-9]/;

/** Begins with no livepatch known, or with the one the caller asks about. */
export function createLivepatchWatch(module: string | undefined): LivepatchWatch {
  const known = new Set<string>();
  const active = new Set<string>();
  const add = (set: Set<string>, item: string): void => {
    set.delete(item);
    set.add(item);
    const oldest = set.size > maxKnown ? set.values().next().value : undefined;
    if (oldest !== undefined) set.delete(oldest);
  };
  return {
    learn(message) {
      const head = message.slice(0, 300);
      const loadedName = firstGroup(loading, head);
      if (loadedName !== undefined && loadedName !== 'kpatch') {
        add(known, loadedName);
        add(active, loadedName);
      }
      const unloadedName = firstGroup(unloading, head);
      if (unloadedName !== undefined) active.delete(unloadedName);
    },
    saw: (item) => add(known, item),
    isLivepatch: (item) => (module === undefined ? known.has(item) || conventional.test(item) : item === module),
    loaded: () => [...active].filter((item) => module === undefined || item === module),
  };
}

function firstGroup(patterns: readonly RegExp[], text: string): string | undefined {
  for (const pattern of patterns) {
    const found = pattern.exec(text)?.[1];
    if (found !== undefined) return found;
  }
  return undefined;
}
