import { taintFlags } from './taint.ts';

/** What the lines of a crash speak of. */
export interface CrashScene {
  readonly release: string;
  /** The patch module. */
  readonly module: string;
  /** Its replacement function. */
  readonly symbol: string;
  /** Value of `tainted` before the crash. */
  readonly tainted: number;
  /** Number of oopses since boot, this one included. */
  readonly oopses: number;
  /** Whether the module is still in its init. */
  readonly loading: boolean;
}

/** A line of the log with its level. */
export type CrashLine = readonly [level: number, text: string];

/** Letters as `print_tainted` gives them up to bit 18 (kernel/panic.c): one character a bit. */
function taintString(tainted: number): string {
  const letters = taintFlags.slice(0, 19).map(({ bit, letter }) => {
    if (Math.floor(tainted / 2 ** bit) % 2 === 1) return letter;
    return bit === 0 ? 'G' : ' ';
  });
  return `Tainted: ${letters.join('')}`;
}

const at = (scene: CrashScene): string => `${scene.symbol}+0x71/0xcb [${scene.module}]`;

function head(scene: CrashScene): CrashLine[] {
  return [
    [4, `CPU: 1 PID: 134 Comm: cat ${taintString(scene.tainted)} ${scene.release} #1  Debian`],
    [4, 'Hardware name: QEMU Standard PC (i440FX + PIIX, 1996), BIOS 1.16.2-debian-1.16.2-1 04/01/2014'],
    [4, `RIP: 0010:${at(scene)}`],
  ];
}

function trace(scene: CrashScene): CrashLine[] {
  const frames = scene.loading
    ? ['do_one_initcall+0x56/0x230', 'do_init_module+0x4a/0x1f0', '__do_sys_init_module+0x114/0x190']
    : ['seq_read_iter+0x122/0x450', 'proc_reg_read_iter+0x4d/0x90', 'vfs_read+0x1e3/0x2f0'];
  const calls = [...frames, 'do_syscall_64+0x5d/0x90', 'entry_SYSCALL_64_after_hwframe+0x6e/0xd8'];
  return [[4, 'Call Trace:'], [4, ' <TASK>'], ...calls.map((call): CrashLine => [4, ` ${call}`]), [4, ' </TASK>']];
}

function listed(scene: CrashScene): CrashLine {
  return [4, `Modules linked in: ${scene.module}(OK${scene.loading ? '+' : ''}) virtio_blk virtio_pci`];
}

/** A NULL dereference in the patch, as 6.1 on x86 prints it. */
export function oopsLines(scene: CrashScene): CrashLine[] {
  return [
    [1, 'BUG: kernel NULL pointer dereference, address: 0000000000000000'],
    [1, '#PF: supervisor write access in kernel mode'],
    [1, '#PF: error_code(0x0002) - not-present page'],
    [6, 'PGD 0 P4D 0 '],
    [4, `Oops: 0002 [#${scene.oopses}] PREEMPT SMP NOPTI`],
    ...head(scene),
    [4, 'CR2: 0000000000000000 CR3: 0000000004984000 CR4: 0000000000750eb0'],
    ...trace(scene),
    listed(scene),
    [4, 'CR2: 0000000000000000'],
    [4, '---[ end trace 0000000000000000 ]---'],
    [4, `RIP: 0010:${at(scene)}`],
  ];
}

/** A WARN in the patch. */
export function warnLines(scene: CrashScene): CrashLine[] {
  return [
    [4, '------------[ cut here ]------------'],
    [4, `WARNING: CPU: 1 PID: 134 at ${scene.module}.c:25 ${at(scene)}`],
    listed(scene),
    ...head(scene),
    ...trace(scene),
    [4, '---[ end trace 0000000000000000 ]---'],
  ];
}

/** A panic out of the patch. */
export function panicLines(scene: CrashScene, text: string): CrashLine[] {
  return [
    [0, `Kernel panic - not syncing: ${text}`],
    ...head(scene).slice(0, 2),
    [4, 'Call Trace:'],
    [4, ' <TASK>'],
    [4, ' dump_stack_lvl+0x44/0x5c'],
    [4, ' panic+0x118/0x2f4'],
    [4, ` ${scene.symbol}.cold+0xc/0xf30 [${scene.module}]`],
    ...trace(scene).slice(2),
    [0, `---[ end Kernel panic - not syncing: ${text} ]---`],
  ];
}
