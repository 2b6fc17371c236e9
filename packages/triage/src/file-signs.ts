import type { EffortSignKind } from './effort.ts';

/** What a path alone tells. `ignored` is no part of a running kernel. */
export type FileKind = 'ignored' | 'code' | 'header' | 'build' | 'assembly' | 'boot' | 'not-c';

/** Where code is no part of the kernel that livepatches reach: before it starts, in firmware's hands, in user space, in the next kernel. */
const outsideKernel =
  /^(?:arch\/[^/]+\/boot\/|arch\/[^/]+\/purgatory\/|arch\/[^/]+\/kernel\/head[^/]*\.c$|drivers\/firmware\/efi\/libstub\/)|(?:^|\/)vdso(?:32|64)?\//;

/** What kind of file a path names. */
export function fileKind(path: string): FileKind {
  if (
    /^(?:Documentation|tools|samples|scripts|LICENSES|usr)\/|(?:^|\/)(?:MAINTAINERS|CREDITS|\.gitignore)$|\.(?:rst|txt|md)$/.test(
      path,
    )
  ) {
    return 'ignored';
  }
  if (/(?:^|\/)(?:Makefile|Kbuild|Kconfig)[^/]*$|\.(?:dts|dtsi|lds|lds\.S)$/.test(path)) return 'build';
  if (outsideKernel.test(path)) return 'boot';
  if (path.endsWith('.S')) return 'assembly';
  if (path.endsWith('.h')) return 'header';
  return path.endsWith('.c') ? 'code' : 'not-c';
}

interface WordSign {
  readonly kind: EffortSignKind;
  readonly pattern: RegExp;
  readonly callbacks: boolean;
}

/** Words in changed lines that tell of trouble. */
export const wordSigns: readonly WordSign[] = [
  {
    kind: 'static-key',
    pattern:
      /\b(?:static_branch_\w+|static_key_\w+|DEFINE_STATIC_KEY_\w+|static_call(?:_update|_cond)?|DEFINE_STATIC_CALL\w*|arch_static_branch\w*)\b/,
    callbacks: false,
  },
  {
    kind: 'locking',
    pattern:
      /\b(?:mutex_(?:un)?lock\w*|(?:raw_)?spin_(?:un)?lock\w*|(?:read|write)_(?:un)?lock\w*|(?:down|up)_(?:read|write)\w*|rcu_read_(?:un)?lock\w*|(?:un)?lock_sock\w*|device_(?:un)?lock)\b/,
    callbacks: false,
  },
  { kind: 'exported', pattern: /\bEXPORT_SYMBOL\w*\b/, callbacks: false },
  { kind: 'per-cpu', pattern: /\b(?:DEFINE|DECLARE)_PER_CPU\w*\b/, callbacks: true },
  {
    kind: 'initialiser',
    pattern:
      /\b(?:INIT_(?:WORK|DELAYED_WORK|LIST_HEAD|HLIST_HEAD)|timer_setup|(?:mutex|spin_lock|init_waitqueue_head|kref|refcount|sema|completion)_?(?:init|set)|init_waitqueue_head)\b/,
    callbacks: true,
  },
];

/** Words of a definition that keep a function from being redirected. */
export const definitionSigns: readonly { readonly kind: 'init' | 'notrace' | 'inline'; readonly pattern: RegExp }[] = [
  { kind: 'notrace', pattern: /\b(?:notrace|noinstr|__naked|__cpuidle|__no_fentry)\b/ },
  { kind: 'init', pattern: /\b(?:__init|__exit|__meminit|__initfn)\b/ },
  { kind: 'inline', pattern: /\b(?:inline|__always_inline|__inline__)\b/ },
];
