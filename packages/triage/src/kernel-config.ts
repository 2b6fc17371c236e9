import { TriageError } from './error.ts';

/** Most characters of a configuration or a list of modules. Real ones stay below a million. */
const maxCharacters = 16_777_216;
/** From so many options on a file without its usual first line counts as a whole configuration. */
const wholeConfig = 1000;

/** How a kernel was configured. */
export interface KernelConfig {
  /** Options that are set, with `CONFIG_` in front: `y`, `m`, a number, a string. */
  readonly options: ReadonlyMap<string, string>;
  /** Options that the file says are not set. */
  readonly unset: ReadonlySet<string>;
  /** Whether it is a whole configuration: then an option that it does not name is not set. */
  readonly complete: boolean;
}

function linesOf(text: string): string[] {
  if (text.length > maxCharacters) {
    throw new TriageError('TOO_LARGE', `more than ${maxCharacters} characters, which no such file has.`);
  }
  return text.split('\n').map((line) => line.trim());
}

/**
 * Reads a kernel configuration: `.config`, `/boot/config-RELEASE`, or some lines of one.
 *
 * @throws TriageError `MALFORMED_CONFIG` with the line, or `TOO_LARGE`.
 * @example
 * ```ts
 * import { parseKernelConfig } from '@klpkit/triage';
 *
 * const config = parseKernelConfig('CONFIG_NF_TABLES=m\n# CONFIG_TIPC is not set\n');
 * const built = config.options.has('CONFIG_NF_TABLES'); // true
 * ```
 */
export function parseKernelConfig(text: string): KernelConfig {
  const options = new Map<string, string>();
  const unset = new Set<string>();
  let header = false;
  for (const [index, line] of linesOf(text).entries()) {
    if (/^# Linux\/\S+ \S+ Kernel Configuration$/.test(line)) header = true;
    const [, off] = /^# (CONFIG_\w{1,100}) is not set$/.exec(line) ?? [];
    if (off !== undefined) unset.add(off);
    if (line === '' || line.startsWith('#')) continue;
    const [, name, value] =
      /^(CONFIG_\w{1,100})=(y|m|n|-?[0-9]{1,20}|0[xX][0-9a-fA-F]{1,16}|"(?:[^"\\]|\\.){0,4096}")$/.exec(line) ?? [];
    if (name === undefined || value === undefined) {
      throw new TriageError('MALFORMED_CONFIG', 'expected CONFIG_NAME=value or a comment.', {
        at: `line ${index + 1}`,
      });
    }
    if (value === 'n') unset.add(name);
    else options.set(name, value);
  }
  return { options, unset, complete: header || options.size + unset.size >= wholeConfig };
}

/** A module's name as the kernel has it: without folder and ending, `_` for `-`. */
function moduleName(path: string): string | undefined {
  const [, name] = /(?:^|\/)([\w-]{1,64})\.(?:ko|o)(?:\.(?:xz|zst|gz))?$/.exec(path) ?? [];
  return name?.replaceAll('-', '_');
}

/**
 * Reads lists of what a kernel build made: `modules.builtin`, `modules.order`, `modules.dep`.
 *
 * @returns names of modules, with `_`
 * @throws TriageError `MALFORMED_CONFIG` with the line, or `TOO_LARGE`.
 * @example
 * ```ts
 * import { parseModuleList } from '@klpkit/triage';
 *
 * const modules = parseModuleList('kernel/net/tipc/tipc.ko.xz: kernel/net/ipv4/udp_tunnel.ko.xz');
 * ```
 */
export function parseModuleList(text: string): Set<string> {
  const modules = new Set<string>();
  for (const [index, line] of linesOf(text).entries()) {
    if (line === '' || line.startsWith('#')) continue;
    const name = moduleName(line.split(':')[0] ?? '');
    if (name === undefined) {
      throw new TriageError('MALFORMED_CONFIG', 'expected the path of a module.', { at: `line ${index + 1}` });
    }
    modules.add(name);
  }
  return modules;
}
