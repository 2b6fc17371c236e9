import { appendFileSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { KernelRoot } from './options.ts';

/** The files of a fake machine. Paths are relative to the machine: `sys/…`, `proc/…`, `dev/kmsg`. */
export interface FakeFiles {
  readonly root: KernelRoot;
  /** Writes a file with its newline; the folder must be there. */
  write(path: string, text: string | number): void;
  /** Writes a file as the text stands. */
  replace(path: string, text: string): void;
  append(path: string, text: string): void;
  folder(path: string): void;
  remove(path: string): void;
  /** All files fail with ENOTDIR from here on: a machine that is down must not look like one without patches. */
  powerOff(): void;
  /** An empty machine. */
  powerOn(): void;
}

/** Lays the files of a machine out in a folder. */
export function createFakeFiles(folder: string): FakeFiles {
  const machine = `${folder}/machine`;
  const wreck = `${folder}/powered-off`;
  return {
    root: { sysfs: `${machine}/sys`, procfs: `${machine}/proc`, kmsg: `${machine}/dev/kmsg` },
    write: (path, text) => {
      // Whole at every moment, as an attribute of sysfs is: a reader in another process must not see it empty.
      const beside = `${folder}/being-written`;
      writeFileSync(beside, `${text}\n`);
      renameSync(beside, `${machine}/${path}`);
    },
    replace: (path, text) => writeFileSync(`${machine}/${path}`, text),
    append: (path, text) => appendFileSync(`${machine}/${path}`, text),
    folder: (path) => {
      mkdirSync(`${machine}/${path}`, { recursive: true });
    },
    remove: (path) => {
      // Gone as a whole, as a folder of sysfs is: a reader in another process must not find half of it.
      const aside = `${folder}/being-removed`;
      if (!existsSync(`${machine}/${path}`)) return;
      renameSync(`${machine}/${path}`, aside);
      rmSync(aside, { recursive: true, force: true });
    },
    powerOff: () => {
      renameSync(machine, wreck);
      writeFileSync(machine, '');
    },
    powerOn: () => {
      if (existsSync(machine)) {
        rmSync(wreck, { recursive: true, force: true });
        rmSync(machine, { recursive: true, force: true });
      }
      mkdirSync(machine);
    },
  };
}
