import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { estimateEffort } from './index.ts';

/** A diff of one file out of hunks: heading and body. */
function diffOf(path: string, ...hunks: readonly [heading: string, ...body: string[]][]): string {
  const parts = hunks.map(([heading, ...body]) => {
    const old = body.filter((line) => !line.startsWith('+')).length;
    const fresh = body.filter((line) => !line.startsWith('-')).length;
    return [`@@ -10,${old} +10,${fresh} @@ ${heading}`, ...body].join('\n');
  });
  return `--- a/${path}\n+++ b/${path}\n${parts.join('\n')}\n`;
}
const signs = (diff: string) => estimateEffort(diff).signs.map(({ kind, what }) => `${kind} ${what}`);

describe('estimateEffort', () => {
  it('names the functions that a fix changes, not those it shows', () => {
    const effort = estimateEffort(
      readFileSync(new URL('../../../vectors/triage/fix-easy.patch', import.meta.url), 'utf8'),
    );
    expect(effort).toMatchObject({
      class: 'easy',
      files: ['net/netfilter/nf_tables_api.c'],
      functions: ['net/netfilter/nf_tables_api.c:example_abort', 'net/netfilter/nf_tables_api.c:example_other'],
      addedLines: 2,
      removedLines: 1,
      signs: [],
      needsCallbacks: false,
      needsShadowVariables: false,
    });
    expect(effort.score).toBe(1 + 2 * 2 + 1);
  });

  it('follows the functions inside a hunk', () => {
    const diff = diffOf('a/b.c', [
      'static int one(void)',
      ' \treturn 0;',
      ' }',
      ' ',
      ' static int',
      ' two(struct x *x,',
      ' \tint y)',
      ' {',
      '-\treturn y;',
      '+\treturn -y;',
      ' }',
    ]);
    expect(estimateEffort(diff).functions).toEqual(['a/b.c:two']);
  });

  it('does not take a label, a declaration or a comment for a function', () => {
    const diff = diffOf('a/b.c', [
      'int one(void)',
      ' {',
      ' out:',
      '-\tfree(x);',
      '+\tput(x);',
      ' }',
      ' /* two(x) is',
      '+ * better',
      '  */',
      '+int three(int x);',
    ]);
    expect(estimateEffort(diff)).toMatchObject({ functions: ['a/b.c:one'], class: 'easy' });
  });

  it('names system calls as the kernel does', () => {
    expect(
      estimateEffort(
        diffOf('fs/open.c', ['SYSCALL_DEFINE3(open, const char __user *, filename,', '-\tint a;', '+\tint b;']),
      ).functions,
    ).toEqual(['fs/open.c:sys_open']);
  });

  it('sees a structure that grows: a shadow variable', () => {
    const effort = estimateEffort(
      diffOf('include/net/x.h', ['struct sock_x {', ' \tint a;', '+\tint b;', ' };']) +
        diffOf('net/x.c', ['int f(void)', '-\ta();', '+\tb();']),
    );
    expect(effort).toMatchObject({ class: 'medium', needsShadowVariables: true, functions: ['net/x.c:f'] });
    expect(effort.signs.map(({ kind }) => kind)).toEqual(['header', 'struct-layout']);
  });

  it('sees data that exist already: a callback', () => {
    const table = diffOf('net/x.c', ['static const struct proto_ops ops = {', ' \t.a = a,', '+\t.b = b,', ' };']);
    expect(estimateEffort(table)).toMatchObject({ class: 'medium', needsCallbacks: true, functions: [] });
    expect(signs(table)).toEqual(['static-data ops']);
    const value = diffOf('net/x.c', ['', '-static int limit = 5;', '+static int limit = 6;']);
    expect(estimateEffort(value)).toMatchObject({ needsCallbacks: true });
  });

  it('does not mind data that are new', () => {
    const diff = diffOf('net/x.c', ['', '+static DEFINE_MUTEX(x_lock);', ' ', ' int f(void)', ' {', '+\tg();', ' }']);
    expect(estimateEffort(diff)).toMatchObject({ class: 'easy', needsCallbacks: false, functions: ['net/x.c:f'] });
  });

  it.each([
    ['notrace', diffOf('kernel/x.c', ['static notrace int f(void)', '-\ta();', '+\tb();'])],
    ['notrace', diffOf('kernel/x.c', ['noinstr void f(void)', '-\ta();', '+\tb();'])],
    ['assembly', diffOf('arch/x86/entry/entry_64.S', ['SYM_CODE_START(entry)', '-\tnop', '+\tud2'])],
    ['boot', diffOf('arch/x86/boot/compressed/misc.c', ['int f(void)', '-\ta();', '+\tb();'])],
    ['not-c', diffOf('drivers/x.rs', ['fn f()', '-a();', '+b();'])],
    ['nothing', diffOf('kernel/x.c', ['static int __init f(void)', '-\ta();', '+\tb();'])],
    ['nothing', diffOf('drivers/x/Kconfig', ['config X', '-\tdefault y', '+\tdefault n'])],
  ])('says early that %s cannot be livepatched', (kind, diff) => {
    const effort = estimateEffort(diff);
    expect(effort.class).toBe('impossible');
    expect(effort.signs.filter(({ blocks }) => blocks).map((sign) => sign.kind)).toEqual([kind]);
  });

  it('lets an __init function pass where another has the fix', () => {
    const diff = diffOf('kernel/x.c', [
      'static int __init f(void)',
      '-\ta();',
      '+\tb();',
      ' }',
      ' int g(void)',
      ' {',
      '+\tc();',
    ]);
    expect(estimateEffort(diff).class).not.toBe('impossible');
  });

  it('has no livepatch for what changes no kernel', () => {
    expect(estimateEffort(diffOf('Documentation/x.rst', ['', '-a', '+b'])).class).toBe('impossible');
  });

  it('sees inline functions, macros, static keys, locks, exports, signatures and initialisation', () => {
    expect(signs(diffOf('include/x.h', ['static inline int f(void)', '-\ta();', '+\tb();']))).toEqual([
      'header include/x.h',
      'inline f',
    ]);
    expect(signs(diffOf('a/x.c', ['', ' #define A(x) \\', '-\tb(x)', '+\tc(x)']))).toContain('macro A');
    expect(
      signs(
        diffOf('a/x.c', [
          'int f(void)',
          '+\tif (static_branch_unlikely(&key))',
          '+\t\tmutex_lock(&m);',
          '+\tINIT_WORK(&w, g);',
        ]),
      ),
    ).toEqual(['static-key static_branch_unlikely', 'locking mutex_lock', 'initialiser INIT_WORK']);
    expect(
      signs(
        diffOf('a/x.c', ['', '-int f(int a)', '+int f(int a, int b)', ' {', '+\tg();', ' }', '+EXPORT_SYMBOL_GPL(f);']),
      ),
    ).toEqual(['signature f', 'exported EXPORT_SYMBOL_GPL']);
  });

  it('is complex where much changes', () => {
    const many = Array.from({ length: 20 }, (_, index) =>
      diffOf(`a/${index}.c`, [`int f${index}(void)`, '-\ta();', '+\tb();']),
    ).join('');
    expect(estimateEffort(many)).toMatchObject({ class: 'complex', score: 20 + 40 + 4 });
  });

  it('takes lines of any length in little time', () => {
    expect(estimateEffort(diffOf('a/x.c', ['x/*'.repeat(1_000_000), '+\tg();'])).class).toBe('impossible');
    const line = `+${'a '.repeat(200_000)}(`;
    expect(estimateEffort(diffOf('a/x.c', ['int f(void)', line, `+${'x'.repeat(400_000)}=`])).class).toBe('easy');
  });
});
