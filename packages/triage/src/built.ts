import type { ConfigHint } from './config-hints.ts';
import type { KernelConfig } from './kernel-config.ts';

/** What is known of a kernel's build. */
export interface Build {
  readonly config: KernelConfig | null;
  /** Modules that were built, built-in ones included, all of them; `null`: not known. */
  readonly modules: ReadonlySet<string> | null;
  /** `uname -m`; `null`: not known. */
  readonly arch: string | null;
}

/** Folders below `arch/` that an architecture is built from. */
const archFolders: Readonly<Record<string, string>> = {
  x86_64: 'x86',
  aarch64: 'arm64',
  s390x: 's390',
  ppc64le: 'powerpc',
};
const archOptions: readonly (readonly [string, string])[] = [
  ['CONFIG_X86_64', 'x86_64'],
  ['CONFIG_ARM64', 'aarch64'],
  ['CONFIG_S390', 's390x'],
  ['CONFIG_PPC64', 'ppc64le'],
];

function archOf({ arch, config }: Build): string | null {
  return arch ?? archOptions.find(([option]) => config?.options.has(option) ?? false)?.[1] ?? null;
}

/** Whether an option is set; `null` where the configuration is a part and does not name it. */
function isSet(option: string, { options, unset, complete }: KernelConfig): boolean | null {
  if (options.has(option)) return true;
  return unset.has(option) || complete ? false : null;
}

function byHint({ options, modules }: ConfigHint, { config, modules: made }: Build): boolean | null {
  if (config !== null) {
    const states = options.map((option) => isSet(option, config));
    if (states.includes(true)) return true;
    if (states.length > 0 && states.every((state) => state === false)) return false;
  }
  if (made === null || modules.length === 0) return null;
  return modules.some((name) => made.has(name));
}

/** The longest hint that fits. */
function hintFor(file: string, hints: readonly ConfigHint[]): ConfigHint | undefined {
  let best: ConfigHint | undefined;
  for (const one of hints) {
    if (file.startsWith(one.path) && one.path.length > (best?.path.length ?? 0)) best = one;
  }
  return best;
}

/** Whether one file is built into a kernel or a module of it; `null`: not known. */
export function isBuilt(file: string, build: Build, hints: readonly ConfigHint[]): boolean | null {
  const arch = archOf(build);
  const [, folder] = /^arch\/([a-z0-9]+)\//.exec(file) ?? [];
  const own = arch === null ? undefined : archFolders[arch];
  if (folder !== undefined && own !== undefined && folder !== own) return false;
  const found = hintFor(file, hints);
  return found === undefined ? null : byHint(found, build);
}

/**
 * Files that keep a flaw out of a kernel: all those with code, where each is known not to be built. Empty where one is built, or not
 * known, or none is named.
 */
export function unbuiltFiles(files: readonly string[], build: Build, hints: readonly ConfigHint[]): readonly string[] {
  const code = files.filter((file) => !/^(?:include|Documentation|tools)\//.test(file));
  return code.length > 0 && code.every((file) => isBuilt(file, build, hints) === false) ? code : [];
}
