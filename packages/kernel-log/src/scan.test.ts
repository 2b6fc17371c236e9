import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Incident } from './incident.ts';
import type { ScanOptions } from './scan.ts';
import { scanKernelLog, scanKernelText } from './scan.ts';

async function collect(source: AsyncIterable<Incident>): Promise<Incident[]> {
  const found: Incident[] = [];
  for await (const incident of source) found.push(incident);
  return found;
}

const scan = (lines: readonly string[], options: ScanOptions = {}): Promise<Incident[]> =>
  collect(scanKernelLog(lines, options));

let clock = 0;
const at = (text: string, timeUs = (clock += 100)): string =>
  `[${String(Math.floor(timeUs / 1e6)).padStart(5)}.${String(timeUs % 1e6).padStart(6, '0')}] ${text}`;
const kmsg = (texts: readonly string[], first = 500): string[] =>
  texts.map((text, index) => `4,${first + index},${8_000_000 + index},-;${text}`);

const oops = (number: number, place: string, modules = 'lp_fix(OK) virtio_blk'): string[] => [
  'BUG: kernel NULL pointer dereference, address: 0000000000000010',
  '#PF: supervisor write access in kernel mode',
  `Oops: 0002 [#${number}] PREEMPT SMP NOPTI`,
  'CPU: 0 PID: 134 Comm: cat Tainted: G           O  K    6.1.0-9-amd64 #1 Example',
  `RIP: 0010:${place}`,
  'RSP: 0018:ffffc9000039b9a8 EFLAGS: 00000246',
  'Call Trace:',
  ' <TASK>',
  ' ? fixed_show+0x10/0x20 [lp_fix]',
  ' seq_read_iter+0x122/0x450',
  ' do_syscall_64+0x5d/0x90',
  ' </TASK>',
  `Modules linked in: ${modules}`,
  'CR2: 0000000000000010',
  '---[ end trace 0000000000000000 ]---',
];
const inPatch = 'fixed_show+0x71/0xcb [lp_fix]';
const inKernel = 'other_show+0x71/0xcb';

describe('one fault, one incident', () => {
  it('carries all that the lines say', async () => {
    const found = await scan(kmsg(oops(1, inPatch)));
    expect(found).toEqual([
      {
        kind: 'fault',
        title: 'BUG: unable to handle kernel NULL pointer dereference in fixed_show',
        rule: 'null-dereference',
        attribution: 'strong',
        evidence: 'instruction-pointer',
        module: 'lp_fix',
        seq: 500,
        lastSeq: 514,
        timeUs: 8_000_000,
        line: 'BUG: kernel NULL pointer dereference, address: 0000000000000010',
        trace: ['fixed_show+0x71/0xcb [lp_fix]', 'seq_read_iter+0x122/0x450', 'do_syscall_64+0x5d/0x90'],
        tasks: [{ pid: 134, comm: 'cat' }],
        taint: 'OK',
        livepatches: [{ name: 'lp_fix', taint: 'OK', state: 'live' }],
        consequences: 0,
        trusted: true,
      },
    ]);
  });

  it('a panic after an oops, a WARN or a hang is its consequence', async () => {
    const panic = [
      'Kernel panic - not syncing: Fatal exception',
      'Kernel Offset: disabled',
      '---[ end Kernel panic - not syncing: Fatal exception ]---',
    ];
    expect(await scan(kmsg([...oops(1, inPatch), ...panic]))).toMatchObject([
      { rule: 'null-dereference', consequences: 1, lastSeq: 517 },
    ]);
  });

  it('a second oops is another one, and the registers repeated after the end are not its own', async () => {
    const second = [...oops(2, inKernel), `RIP: 0010:${inPatch}`];
    const found = await scan(kmsg([...oops(1, inPatch), ...second]));
    expect(found).toMatchObject([
      { attribution: 'strong', title: expect.stringContaining('fixed_show') as string },
      { attribution: 'weak', title: expect.stringContaining('other_show') as string },
    ]);
  });

  it('a checker report and the bad access that follows are one', async () => {
    const report = [
      'BUG: KASAN: null-ptr-deref in other_show+0x71/0xcb',
      'Write of size 4 at addr 0000000000000010 by task cat/134',
      'Call Trace:',
      ' seq_read_iter+0x122/0x450',
      '='.repeat(66),
    ];
    const found = await scan(kmsg(['='.repeat(66), ...report, ...oops(1, inKernel)]));
    expect(found).toMatchObject([
      { rule: 'kasan', title: 'KASAN: null-ptr-deref Write in other_show', consequences: 1 },
    ]);
  });

  it('tasks that hang in one round are one incident', async () => {
    const task = (name: string, pid: number): string[] => [
      `INFO: task ${name}:${pid} blocked for more than 120 seconds.`,
      `task:${name}            state:D stack:0     pid:${pid}   ppid:1      flags:0x00000002`,
      'Call Trace:',
      ' __schedule+0x34d/0x9e0',
      ' widget_open+0x2a/0x90',
    ];
    const found = await scan([...task('a b', 10), ...task('c', 11)].map((text) => at(text)));
    expect(found).toMatchObject([
      {
        title: 'INFO: task hung in widget_open',
        tasks: [
          { pid: 10, comm: 'a b' },
          { pid: 11, comm: 'c' },
        ],
      },
    ]);
  });

  it('a watchdog that repeats itself is not heard twice', async () => {
    const lockup = (seconds: number, timeUs: number): string[] => [
      at(`watchdog: BUG: soft lockup - CPU#1 stuck for ${seconds}s! [node:173]`, timeUs),
      at('RIP: 0010:some_loop+0x84/0x2a0', timeUs + 10),
    ];
    expect(await scan([...lockup(26, 60_000_000), ...lockup(52, 88_000_000), ...lockup(78, 116_000_000)])).toHaveLength(
      1,
    );
  });

  it('a hang inside a patch is named after the patch’s function, whoever called it', async () => {
    const stall = (place: string): string[] => [
      at('watchdog: BUG: soft lockup - CPU#1 stuck for 11s! [cat:134]'),
      at('CPU: 1 PID: 134 Comm: cat Tainted: G           O  K    6.1.0-9-amd64 #1 Example'),
      at(`RIP: 0010:${place}`),
      at('Call Trace:'),
      at(' seq_read_iter+0x122/0x450'),
      at(' do_sendfile+0x361/0x4e0'),
      at(' __x64_sys_sendfile64+0xaa/0xc0'),
      at(' do_syscall_64+0x5d/0x90'),
      at('Modules linked in: lp_fix(OK)'),
    ];
    expect(await scan(stall(inPatch))).toMatchObject([{ title: 'BUG: soft lockup in fixed_show' }]);
    expect(await scan(stall(inKernel))).toMatchObject([{ title: 'BUG: soft lockup in sys_sendfile64' }]);
  });

  it('a stall is named after what the watchdog’s tick interrupted, not after what that had interrupted', async () => {
    const stall = [
      at('rcu: INFO: rcu_preempt self-detected stall on CPU'),
      at('Call Trace:'),
      at(' <IRQ>'),
      at(' update_process_times+0x1/0x2'),
      at(' hrtimer_interrupt+0x1/0x2'),
      at(' asm_sysvec_apic_timer_interrupt+0x1/0x2'),
      at(' widget_timer+0x1/0x2'),
      at(' call_timer_fn+0x1/0x2'),
      at(' __do_softirq+0x1/0x2'),
      at(' sysvec_apic_timer_interrupt+0x1/0x2'),
      at(' asm_sysvec_apic_timer_interrupt+0x1/0x2'),
      at(' gadget_ioctl+0x1/0x2'),
      at(' do_syscall_64+0x1/0x2'),
    ];
    expect(await scan(stall)).toMatchObject([{ title: 'INFO: rcu detected stall in widget_timer' }]);
    const cross = [
      at('watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [cat:134]'),
      at('RIP: 0010:smp_call_function_single+0x1/0x2'),
      at('Call Trace:'),
      at(' gadget_ioctl+0x1/0x2'),
      at(' do_syscall_64+0x1/0x2'),
    ];
    expect(await scan(cross)).toMatchObject([{ title: 'BUG: soft lockup in smp_call_function' }]);
  });

  it('the lines of two callers are kept apart', async () => {
    const a = oops(1, inPatch).map((text) => `[    5.000001][  T134] ${text}`);
    const b = [
      '------------[ cut here ]------------',
      'WARNING: CPU: 1 PID: 9 at drivers/widget.c:1 widget_open+0x1/0x2',
      'Modules linked in: lp_fix(OK)',
      'Call Trace:',
      ' gadget_ioctl+0x1/0x2',
      '---[ end trace 0000000000000000 ]---',
    ].map((text) => `[    5.000001][    T9] ${text}`);
    const mixed = a.flatMap((line, index) => (b[index] === undefined ? [line] : [line, b[index]]));
    const found = await scan(mixed);
    expect(found.map(({ rule, attribution, trace }) => ({ rule, attribution, trace }))).toEqual([
      { rule: 'null-dereference', attribution: 'strong', trace: expect.arrayContaining([inPatch]) as string[] },
      { rule: 'warn', attribution: 'weak', trace: ['widget_open+0x1/0x2', 'gadget_ioctl+0x1/0x2'] },
    ]);
  });

  it('what the console glued together is taken apart', async () => {
    const found = await scan([
      'host login: [  709.689951] INFO: rcu_sched detected stalls on CPUs/tasks:',
      'died[ 1117.184796] ------------[ cut here ]------------[ 1117.184801] WARNING: CPU: 0 PID: 4 at a.c:1 widget_open+0x1/0x2',
    ]);
    expect(found.map(({ rule }) => rule)).toEqual(['rcu-stall', 'warn']);
  });
});

describe('attribution', () => {
  const of = async (
    texts: readonly string[],
    options: ScanOptions = {},
  ): Promise<Pick<Incident, 'attribution' | 'module' | 'evidence'>[]> =>
    (await scan(kmsg(texts), options)).map(({ attribution, module, evidence }) => ({ attribution, module, evidence }));
  const medium = [...oops(1, inKernel).slice(0, 9), ' fixed_show+0x10/0x20 [lp_fix]', ...oops(1, inKernel).slice(9)];

  it('medium: a reliable frame of the stack', async () => {
    expect(await of(medium)).toEqual([{ attribution: 'medium', module: 'lp_fix', evidence: 'stack-frame' }]);
  });

  it('weak: a frame that is only guessed, the module is loaded', async () => {
    expect(await of(oops(1, inKernel))).toEqual([{ attribution: 'weak', module: 'lp_fix', evidence: 'loaded' }]);
  });

  it('weak: the module is just being loaded', async () => {
    expect(await of(oops(1, inKernel, 'lp_fix(OK+) lp_old(OK)'))).toEqual([
      { attribution: 'weak', module: 'lp_fix', evidence: 'loading' },
    ]);
  });

  it('weak: a jump to where no symbol is', async () => {
    expect(await of(oops(1, '0xffffffff87e626c2'))).toEqual([
      { attribution: 'weak', module: 'lp_fix', evidence: 'wild-jump' },
    ]);
  });

  it('none: no livepatch is there', async () => {
    expect(await of(oops(1, 'widget+0x1/0x2 [widget]', 'widget(O)'))).toEqual([
      { attribution: 'none', module: null, evidence: null },
    ]);
  });

  it('never to a module that is no livepatch', async () => {
    const [found] = await of(oops(1, 'widget+0x1/0x2 [widget]', 'widget(O) lp_fix(OK)'));
    expect(found).toMatchObject({ module: 'lp_fix', attribution: 'weak' });
  });

  it('only to the module that was asked for, by either way to write its name', async () => {
    expect(await of(oops(1, inPatch), { module: 'lp-fix' })).toMatchObject([
      { attribution: 'strong', module: 'lp_fix' },
    ]);
    expect(await of(oops(1, inPatch), { module: 'lp_other' })).toMatchObject([{ attribution: 'none', module: null }]);
    // Kernels before 4.9 print no K.
    expect(await of(oops(1, 'f+0x1/0x2', 'my_fix(O)'), { module: 'my_fix' })).toMatchObject([
      { attribution: 'weak', module: 'my_fix' },
    ]);
  });

  it('none before the load', async () => {
    expect(await of(oops(1, inPatch), { module: 'lp_fix', loadedSeq: 500 })).toMatchObject([{ attribution: 'none' }]);
    expect(await of(oops(1, inPatch), { module: 'lp_fix', loadedSeq: 499 })).toMatchObject([{ attribution: 'strong' }]);
    expect(await of([...oops(1, inKernel, 'virtio_blk'), "livepatch: enabling patch 'lp_fix'"])).toMatchObject([
      { attribution: 'none' },
    ]);
  });

  it('learns the livepatches from the lines of their loads', async () => {
    const hang = [
      'INFO: task a:1 blocked for more than 120 seconds.',
      'Call Trace:',
      ' __schedule+0x34d/0x9e0',
      ' fixed_show+0x1/0x2 [odd_name]',
    ];
    expect(await of(hang)).toMatchObject([{ attribution: 'none' }]);
    expect(await of(["livepatch: enabling patch 'odd_name'", ...hang])).toMatchObject([
      { attribution: 'medium', module: 'odd_name' },
    ]);
    expect(await of(['odd_name: tainting kernel with TAINT_LIVEPATCH', ...hang])).toMatchObject([
      { attribution: 'medium' },
    ]);
    expect(await of(["kpatch: loaded patch module 'odd_name'", ...hang])).toMatchObject([{ attribution: 'medium' }]);
    const elsewhere = hang.map((line) => line.replace(' [odd_name]', ''));
    expect(await of(["livepatch: enabling patch 'odd_name'", ...elsewhere])).toMatchObject([
      { attribution: 'weak', module: 'odd_name' },
    ]);
    expect(
      await of(["livepatch: enabling patch 'odd_name'", "livepatch: 'odd_name': unpatching complete", ...elsewhere]),
    ).toMatchObject([{ attribution: 'none' }]);
  });

  it('a list of modules that goes on in the next record', async () => {
    const lines = oops(1, inKernel, 'virtio_blk e1000e');
    const list = lines.findIndex((line) => line.startsWith('Modules'));
    lines.splice(list + 1, 0, ' snd(O) lp_fix(OEK) [last unloaded: lp_old(OK)]');
    expect(await of(lines)).toMatchObject([{ attribution: 'weak', module: 'lp_fix' }]);
  });

  it.each([
    ['x86 of old', 'IP: [<ffffffffa046d026>] fixed_show+0x386/0x4f0 [lp_fix]'],
    ['x86 32 bit', 'EIP is at fixed_show+0x386/0x4f0 [lp_fix]'],
    ['x86, 2.6', 'RIP: 0010:[<ffffffff88123456>]  [<ffffffff88123456>] :lp_fix:fixed_show+0x386/0x4f0'],
    ['with a build id', `RIP: 0010:fixed_show+0x71/0xcb [lp_fix ${'0123456789abcdef'.repeat(3).slice(0, 40)}]`],
    ['Xen', 'RIP: e030:fixed_show+0x71/0xcb [lp_fix]'],
    ['arm64', 'pc : fixed_show+0x71/0xcb [lp_fix]'],
    ['arm', 'PC is at fixed_show+0x71/0xcb [lp_fix]'],
    ['s390', 'Krnl PSW : 0704c00180000000 000003ff80101234 (fixed_show+0x2c/0x88 [lp_fix])'],
    [
      'powerpc',
      'NIP [c0080000012345678] fixed_show+0x2c/0x88 [lp_fix]'.replace('c0080000012345678', 'c008000001234567'),
    ],
    ['riscv', 'epc : fixed_show+0x2c/0x88 [lp_fix]'],
  ])('strong: %s', async (_name, line) => {
    const lines = ['Internal error: Oops: 96000004 [#1] SMP', line, 'Modules linked in: lp_fix(OK)'];
    expect(await of(lines)).toMatchObject([{ attribution: 'strong', module: 'lp_fix' }]);
  });

  it.each([
    ['arm64 marks', ' fixed_show+0x71/0xcb [lp_fix] (PC)'],
    ['s390', ' [<000003ff80101234>] fixed_show+0x2c/0x88 [lp_fix] '],
    ['powerpc', '[c000000001234560] [c008000001234567] fixed_show+0x54/0xa0 [lp_fix]'],
    ['arm', '[<bf101234>] (fixed_show [lp_fix]) from [<c0204568>] (gadget_ioctl+0x5c/0x120)'],
    ['symbolised', ' fixed_show+0x71/0xcb fs/proc/cmdline.c:12 [lp_fix]'],
  ])('medium: %s', async (_name, line) => {
    const lines = ['Internal error: Oops: 96000004 [#1] SMP', 'Call trace:', line, 'Modules linked in: lp_fix(OK)'];
    expect(await of(lines)).toMatchObject([{ attribution: 'medium', module: 'lp_fix' }]);
  });

  it.each([
    ['user space', 'RIP: 0033:fixed_show+0x71/0xcb [lp_fix]'],
    ['guessed', ' ? fixed_show+0x71/0xcb [lp_fix]'],
    ['powerpc, unreliable', '[c000000001234560] [c008000001234567] fixed_show+0x54/0xa0 [lp_fix] (unreliable)'],
    ['s390, unreliable', '([<000003ff80101234>] fixed_show+0x2c/0x88 [lp_fix])'],
    ['who freed it', 'Freed by task 1:\n fixed_show+0x2c/0x88 [lp_fix]'],
  ])('weak at best: %s', async (_name, text) => {
    const lines = [
      'Internal error: Oops: 96000004 [#1] SMP',
      'Call trace:',
      ' seq_read+0x1/0x2',
      ...text.split('\n'),
      'Modules linked in: lp_fix(OK)',
    ];
    expect(await of(lines)).toMatchObject([{ attribution: 'weak', module: 'lp_fix' }]);
  });
});

/** The ways in which journalctl (systemd 252) prints a line of the kernel; `%` is the message. */
const journalForms: Readonly<Record<string, string>> = {
  short: 'Nov 28 03:10:06 vm kernel: %',
  'short-precise': 'Nov 28 03:10:06.548169 vm kernel: %',
  'short-iso': '2026-11-28T03:10:06+0000 vm kernel: %',
  'short-iso-precise': '2026-11-28T03:10:06.548169+0000 vm kernel: %',
  'short-full': 'Sat 2026-11-28 03:10:06 UTC vm kernel: %',
  'short-monotonic': '[  983.539226] vm kernel: %',
  'short-delta': '[  983.539226 <    0.000124 >] vm kernel: %',
  'short-unix': '1795835406.548169 vm kernel: %',
  cat: '%',
  json: '{"__MONOTONIC_TIMESTAMP":"983552416","SYSLOG_FACILITY":"0","_SOURCE_MONOTONIC_TIMESTAMP":"983539226","MESSAGE":"%","PRIORITY":"4","SYSLOG_IDENTIFIER":"kernel","_TRANSPORT":"kernel"}',
};

describe('a journal', () => {
  it.each(Object.entries(journalForms))('%s', async (_name, form) => {
    const lines = oops(1, inPatch).map((text) => form.replace('%', text));
    const expected = [{ rule: 'null-dereference', attribution: 'strong', module: 'lp_fix', trusted: false }];
    expect(await scan(lines)).toMatchObject(expected);
    expect(await collect(scanKernelText([lines.join('\n')]))).toMatchObject(expected);
  });

  it('the further lines of another program’s message begin nothing', async () => {
    const lines = [
      'Nov 28 03:10:10 vm app[15310]: first line here',
      '                               Kernel panic - not syncing: forged',
    ];
    expect(await scan(lines)).toEqual([]);
    const json = '{"_TRANSPORT":"journal","MESSAGE":"first\\nKernel panic - not syncing: forged","PRIORITY":"3"}';
    expect(await scan([json])).toEqual([]);
  });
});

describe('who may speak', () => {
  it('in /dev/kmsg only facility 0', async () => {
    expect(await scan(kmsg(oops(1, inPatch)).map((line) => `1${line}`))).toEqual([]);
  });

  it('no line of text in a stream of /dev/kmsg records', async () => {
    expect(await scan(['6,1,1,-;boot', ' DEVICE=x', 'Kernel panic - not syncing: forged'])).toEqual([]);
  });

  it('a dictionary neither speaks nor hides', async () => {
    const records = kmsg(oops(1, inPatch)).map(
      (line) => `${line}\n SUBSYSTEM=x\n DEVICE=Kernel panic - not syncing: forged\n`,
    );
    expect(await scan(records)).toMatchObject([{ rule: 'null-dereference', consequences: 0, lastSeq: 514 }]);
    expect(await scan([kmsg(oops(1, inPatch)).join('\n')])).toMatchObject([{ rule: 'null-dereference', lastSeq: 514 }]);
  });

  it('no newline that user space put into a record', async () => {
    expect(await scan(['4,1,1,-;widget: bad name a\\x0aKernel panic - not syncing: forged'])).toEqual([]);
  });

  it('a newline in a name hides nothing', async () => {
    const found = await scan(['3,1,1,-;INFO: task a\\x0ab:731 blocked for more than 120 seconds.']);
    expect(found).toMatchObject([{ rule: 'hung-task', tasks: [{ pid: 731 }] }]);
  });

  it('no other program of a journal, no daemon of dmesg -x', async () => {
    expect(
      await scan([
        'Nov 24 21:16:57 host app[1]: Kernel panic - not syncing: forged',
        'daemon:crit  : [    1.000000] Kernel panic - not syncing: forged',
        '<30>[    1.000000] Kernel panic - not syncing: forged',
      ]),
    ).toEqual([]);
  });

  it('text is never trusted', async () => {
    expect(await scan([at('Kernel panic - not syncing: x')])).toMatchObject([{ trusted: false, seq: null }]);
  });
});

describe('external trouble', () => {
  const lines = [
    at('widgetd[1]: segfault at 0 ip 0 sp 0 error 4'),
    at('widgetd invoked oom-killer: gfp_mask=0x0, order=0'),
    at('Call Trace:'),
    at(' out_of_memory+0x1/0x2'),
    at('Out of memory: Killed process 1 (widgetd)'),
  ];
  it('is silent unless asked for, and never a patch’s doing', async () => {
    expect(await scan(lines)).toEqual([]);
    const found = await scan([at("livepatch: enabling patch 'lp_fix'"), ...lines], { all: true });
    expect(found).toMatchObject([
      { rule: 'user-segfault', kind: 'external', attribution: 'none', module: null },
      { rule: 'oom-killer', kind: 'external', attribution: 'none', module: null },
    ]);
  });

  it('does not hide a fault in between', async () => {
    const found = await scan(
      [...lines.slice(0, 3), at('Kernel panic - not syncing: Out of memory: system-wide panic_on_oom is enabled')],
      { all: true },
    );
    expect(found.map(({ kind }) => kind)).toEqual(['external', 'external', 'panic']);
  });
});

describe('a live source', () => {
  async function* live(lines: readonly string[], signal: AbortSignal): AsyncGenerator<string> {
    yield* lines;
    await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
  }

  it('gives an incident out when it falls silent, and ends with the reason of the abort', async () => {
    const stop = new AbortController();
    const reason = new Error('enough');
    const found: string[] = [];
    const run = async (): Promise<void> => {
      for await (const incident of scanKernelLog(live(kmsg(oops(1, inPatch)), stop.signal), {
        settleMs: 10,
        signal: stop.signal,
      })) {
        found.push(incident.rule);
        stop.abort(reason);
      }
    };
    await expect(run()).rejects.toBe(reason);
    expect(found).toEqual(['null-dereference']);
  });

  it('leaving the loop returns the source', async () => {
    let returned = false;
    const source = (async function* () {
      try {
        yield* [...kmsg(oops(1, inPatch)), ...kmsg(oops(2, inPatch)), ...kmsg(oops(3, inPatch))];
      } finally {
        returned = true;
      }
    })();
    for await (const incident of scanKernelLog(source)) {
      expect(incident.rule).toBe('null-dereference');
      break;
    }
    expect(returned).toBe(true);
  });

  it('leaving the loop does not wait for a read that never ends', async () => {
    for await (const incident of scanKernelLog(live(kmsg(oops(1, inPatch)), new AbortController().signal), {
      settleMs: 5,
    })) {
      expect(incident.rule).toBe('null-dereference');
      break;
    }
  });

  it('passes on what the source throws', async () => {
    const gone = new Error('gone');
    const source = (async function* () {
      yield 'x';
      throw gone;
    })();
    await expect(collect(scanKernelLog(source))).rejects.toBe(gone);
  });

  it('does not begin when already aborted', async () => {
    await expect(scan(['x'], { signal: AbortSignal.abort('no') })).rejects.toBe('no');
  });
});

it.each<[string, ScanOptions]>([
  ['a name that is none', { module: 'a b' }],
  ['an empty name', { module: '' }],
  ['a negative rest', { settleMs: -1 }],
  ['a rest that is no number', { settleMs: Number.NaN }],
])('refuses %s', async (_name, options) => {
  await expect(scan([], options)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
});

describe('text that is cut anywhere', () => {
  const log = [
    ...Array.from({ length: 50 }, (_, i) => at(`usb 1-1: new device number ${i}`)),
    ...oops(1, inPatch).map((text) => at(text)),
    at('usb 1-1: gone'),
    ...oops(2, inKernel).map((text) => at(text)),
  ].join('\n');

  it('gives what the lines give', async () => {
    const expected = await scan(log.split('\n'));
    expect(expected).toHaveLength(2);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(log.length)), async (cuts) => {
        const places = [0, ...cuts.toSorted((a, b) => a - b), log.length];
        const chunks = places.slice(1).map((place, index) => log.slice(places[index], place));
        expect(await collect(scanKernelText(chunks))).toEqual(expected);
      }),
      { numRuns: 40 },
    );
  });

  it('a last line without a newline that begins an incident', async () => {
    const found = await collect(scanKernelText(['[    1.000000] usb 1-1: gone\nKernel panic - not syncing: a', ' b']));
    expect(found).toMatchObject([{ title: 'kernel panic: a b' }]);
  });

  it('with the newlines of other systems', async () => {
    expect(await collect(scanKernelText([log.replaceAll('\n', '\r\n')]))).toEqual(await scan(log.split('\n')));
  });
});
