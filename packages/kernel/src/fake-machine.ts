import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type CrashLine, type CrashScene, oopsLines, panicLines, warnLines } from './fake-crash-text.ts';
import { createFakeFiles, type FakeFiles } from './fake-files.ts';
import type { FakeKernelOptions } from './fake-kernel-types.ts';
import type { Clock } from './options.ts';
import { isAtLeast } from './transition-model.ts';

/** Taint bits that the fake sets, by value. */
export const taintValue = { die: 2 ** 7, warn: 2 ** 9, outOfTree: 2 ** 12, livepatch: 2 ** 15 } as const;

/** A loaded module of the fake. */
export interface FakeModule {
  readonly name: string;
  readonly livepatch: boolean;
  state: 'coming' | 'live';
  refcnt: number;
}

/** A fake machine from boot to boot: its files, its log, its counters. */
export interface FakeMachine {
  readonly files: FakeFiles;
  readonly clock: Clock;
  readonly release: string;
  readonly arch: string;
  /** Of this boot. */
  readonly modules: Map<string, FakeModule>;
  power: 'up' | 'down';
  bootId: string;
  tainted: number;
  oopses: number;
  warnings: number;
  /** Aborted when this boot ends. */
  life: AbortController;
  seq: number;
  bootMs: number;
  /** Text of the last panic, for pstore. */
  wreckage: string | undefined;
  /** What {@link flush} writes: a thousand machines share one disk, so that each act writes its files once. */
  readonly pending: { records: string; tainted: boolean; modules: boolean };
}

/** Puts a machine together and boots it. */
export function createMachine(options: FakeKernelOptions, clock: Clock): FakeMachine {
  const machine: FakeMachine = {
    files: createFakeFiles(options.folder),
    clock,
    release: options.release ?? '6.1.0-56-amd64',
    arch: options.arch ?? 'x86_64',
    modules: new Map(),
    power: 'down',
    bootId: '',
    tainted: 0,
    oopses: 0,
    warnings: 0,
    life: new AbortController(),
    seq: 0,
    bootMs: 0,
    wreckage: undefined,
    pending: { records: '', tainted: false, modules: false },
  };
  boot(machine, options);
  return machine;
}

/** Starts the machine: empty sysfs, a new boot id, pstore from the last panic. */
export function boot(machine: FakeMachine, options: FakeKernelOptions): void {
  machine.modules.clear();
  machine.bootId = (options.bootIds ?? randomUUID)();
  machine.tainted = options.tainted ?? 0;
  machine.oopses = 0;
  machine.warnings = 0;
  machine.seq = 0;
  machine.bootMs = machine.clock.now();
  machine.life = new AbortController();
  machine.power = 'up';
  layOut(machine);
  const version = `Linux version ${machine.release} (fake@klpkit) #1 SMP PREEMPT_DYNAMIC`;
  machine.files.write('proc/version', version);
  log(machine, version, 5);
  flush(machine);
}

function layOut({ files, release, arch, bootId, tainted, wreckage }: FakeMachine): void {
  files.powerOn();
  for (const folder of ['sys/module', 'sys/kernel/livepatch', 'proc/sys/kernel/random', 'dev']) files.folder(folder);
  files.write('proc/sys/kernel/osrelease', release);
  files.write('proc/sys/kernel/arch', arch);
  files.write('proc/sys/kernel/random/boot_id', bootId);
  files.write('proc/sys/kernel/tainted', tainted);
  files.replace('proc/modules', '');
  files.write('sys/kernel/oops_count', 0);
  files.write('sys/kernel/warn_count', 0);
  if (wreckage === undefined) return;
  files.folder('sys/fs/pstore');
  files.write('sys/fs/pstore/dmesg-ramoops-0', `Panic#1 Part1\n${wreckage}`);
}

/** Puts a record into the kernel log; {@link flush} writes it. */
export function log(machine: FakeMachine, text: string, level = 5, facility = 0): void {
  if (machine.power === 'down') return;
  writeRecords(machine, [[level, text]], facility);
}

function writeRecords(machine: FakeMachine, lines: readonly CrashLine[], facility = 0): void {
  const timeUs = Math.max(0, Math.round((machine.clock.now() - machine.bootMs) * 1000));
  let records = '';
  for (const [level, text] of lines) {
    records += `${facility * 8 + level},${machine.seq},${timeUs},-;${escapeText(text)}\n`;
    machine.seq += 1;
  }
  machine.pending.records += records;
}

/** Writes what an act changed besides the patch's own files. Every act ends with it. */
export function flush(machine: FakeMachine): void {
  const { files, pending, modules } = machine;
  if (machine.power === 'down') return;
  if (pending.tainted) files.write('proc/sys/kernel/tainted', machine.tainted);
  if (pending.modules) files.replace('proc/modules', moduleList(modules));
  if (pending.records !== '') files.append('dev/kmsg', pending.records);
  pending.records = '';
  pending.tainted = false;
  pending.modules = false;
}

/** As kernel/printk/printk.c: bytes below 0x20, from 0x7f on, and the backslash. */
function escapeText(text: string): string {
  return Buffer.from(text, 'utf8')
    .toString('latin1')
    .replaceAll(/[^\x20-\x5b\x5d-\x7e]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** Sets taint bits. */
export function taint(machine: FakeMachine, value: number): void {
  if (Math.floor(machine.tainted / value) % 2 === 1) return;
  machine.tainted += value;
  machine.pending.tainted = true;
}

function sceneOf(machine: FakeMachine, module: FakeModule | undefined): CrashScene {
  const { release, tainted, oopses } = machine;
  const loading = module?.state === 'coming';
  return {
    release,
    tainted,
    oopses,
    loading,
    module: module?.name ?? 'klp',
    symbol: loading ? 'patch_init' : 'patched_show',
  };
}

/** A fault in a module's code; the machine goes on. */
export function oops(machine: FakeMachine, module: FakeModule): void {
  machine.oopses += 1;
  machine.files.write('sys/kernel/oops_count', machine.oopses);
  writeRecords(machine, oopsLines(sceneOf(machine, module)));
  taint(machine, taintValue.die);
}

/** A WARN in a module's code. */
export function warn(machine: FakeMachine, module: FakeModule): void {
  machine.warnings += 1;
  machine.files.write('sys/kernel/warn_count', machine.warnings);
  writeRecords(machine, warnLines(sceneOf(machine, module)));
  taint(machine, taintValue.warn);
}

/** The machine goes down; pstore will have its log. */
export function panic(machine: FakeMachine, module: FakeModule | undefined, text: string): void {
  if (machine.power === 'down') return;
  writeRecords(machine, panicLines(sceneOf(machine, module), text));
  flush(machine);
  machine.wreckage = dmesgOf(readFileSync(machine.files.root.kmsg, 'latin1'));
  machine.power = 'down';
  machine.files.powerOff();
  machine.life.abort(new Error('the fake machine went down'));
}

/** Records as pstore keeps them: `<5>[    1.234567] text`. */
function dmesgOf(records: string): string {
  const lines = records.split('\n').flatMap((record) => {
    const match = /^(\d+),\d+,(\d+),[^;]*;(.*)$/.exec(record);
    if (match === null) return [];
    const us = Number(match[2]);
    const stamp = `${Math.floor(us / 1e6)}`.padStart(5);
    return [`<${match[1]}>[${stamp}.${`${us % 1e6}`.padStart(6, '0')}] ${match[3]}`];
  });
  return lines.join('\n');
}

/** Runs an act to its end, files included. */
export function perform<T>(machine: FakeMachine, act: () => T): T {
  try {
    return act();
  } finally {
    flush(machine);
  }
}

/** Performs `act` after a time, unless this boot ends before. */
export function later(
  machine: FakeMachine,
  ms: number,
  act: () => void,
  signal: AbortSignal = machine.life.signal,
): void {
  const run = (): void => perform(machine, act);
  machine.clock.sleep(ms, signal).then(run, (error: unknown) => {
    if (!signal.aborted) throw error;
  });
}

/** /sys/module/NAME and /proc/modules. */
export function writeModule(machine: FakeMachine, module: FakeModule): void {
  const { files } = machine;
  const folder = `sys/module/${module.name}`;
  files.folder(folder);
  files.write(`${folder}/initstate`, module.state);
  files.write(`${folder}/refcnt`, module.refcnt);
  files.write(`${folder}/taint`, module.livepatch ? 'OK' : 'O');
  machine.pending.modules = true;
}

/** Takes a module out. */
export function dropModule(machine: FakeMachine, name: string): void {
  machine.modules.delete(name);
  machine.files.remove(`sys/module/${name}`);
  machine.pending.modules = true;
}

function moduleList(modules: FakeMachine['modules']): string {
  const lines = [...modules.values()].toReversed().map(({ name, refcnt, state, livepatch }) => {
    const flags = `${livepatch ? 'OK' : 'O'}${state === 'coming' ? '+' : ''}`;
    return `${name} 16384 ${refcnt} - ${state === 'live' ? 'Live' : 'Loading'} 0x0000000000000000 (${flags})\n`;
  });
  return lines.join('');
}

/** Whether the fake's kernel is of that version or later. */
export const has = (machine: FakeMachine, major: number, minor: number): boolean =>
  isAtLeast(machine.release, major, minor);
