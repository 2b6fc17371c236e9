import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isKernelError } from './error.ts';
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
}

function layOut({ files, release, arch, bootId, tainted, wreckage }: FakeMachine): void {
  files.powerOn();
  for (const folder of ['sys/module', 'sys/kernel/livepatch', 'proc/sys/kernel/random', 'dev']) files.folder(folder);
  files.write('proc/sys/kernel/osrelease', release);
  files.write('proc/sys/kernel/arch', arch);
  files.write('proc/sys/kernel/random/boot_id', bootId);
  files.write('proc/sys/kernel/tainted', tainted);
  files.write('sys/kernel/oops_count', 0);
  files.write('sys/kernel/warn_count', 0);
  files.append('proc/modules', '');
  files.append('dev/kmsg', '');
  if (wreckage === undefined) return;
  files.folder('sys/fs/pstore');
  files.write('sys/fs/pstore/dmesg-ramoops-0', `Panic#1 Part1\n${wreckage}`);
}

/** Writes a record to the kernel log. */
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
  machine.files.append('dev/kmsg', records);
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
  machine.files.write('proc/sys/kernel/tainted', machine.tainted);
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

/** Runs `act` after a time, unless this boot ends before. */
export function later(
  machine: FakeMachine,
  ms: number,
  act: () => void,
  signal: AbortSignal = machine.life.signal,
): void {
  machine.clock.sleep(ms, signal).then(act, (error: unknown) => {
    if (!signal.aborted || isKernelError(error)) throw error;
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
  writeModuleList(machine);
}

/** Takes a module out. */
export function dropModule(machine: FakeMachine, name: string): void {
  machine.modules.delete(name);
  machine.files.remove(`sys/module/${name}`);
  writeModuleList(machine);
}

function writeModuleList({ files, modules }: FakeMachine): void {
  const lines = [...modules.values()].toReversed().map(({ name, refcnt, state, livepatch }) => {
    const flags = `${livepatch ? 'OK' : 'O'}${state === 'coming' ? '+' : ''}`;
    return `${name} 16384 ${refcnt} - ${state === 'live' ? 'Live' : 'Loading'} 0x0000000000000000 (${flags})`;
  });
  files.remove('proc/modules');
  files.append('proc/modules', lines.map((line) => `${line}\n`).join(''));
}

/** Whether the fake's kernel is of that version or later. */
export const has = (machine: FakeMachine, major: number, minor: number): boolean =>
  isAtLeast(machine.release, major, minor);
