import type { CommandFile } from './command.ts';
import { blocklistCommand } from './commands/blocklist.ts';
import { bucketCommand } from './commands/bucket.ts';
import { gateCommand } from './commands/gate.ts';
import { inspectCommand } from './commands/inspect.ts';
import { loadCommand } from './commands/load.ts';
import { preflightCommand } from './commands/preflight.ts';
import { repoCommand } from './commands/repo.ts';
import { scanCommand } from './commands/scan.ts';
import { signCommand } from './commands/sign.ts';
import { simulateCommand } from './commands/simulate.ts';
import { statusCommand } from './commands/status.ts';
import { unloadCommand } from './commands/unload.ts';
import { verifyCommand } from './commands/verify.ts';

/** Every command, in the order of the help. A new one is a file in `commands/` and a line here. */
export const commandList: readonly CommandFile[] = [
  inspectCommand, //
  verifyCommand,
  signCommand,
  scanCommand,
  statusCommand,
  preflightCommand,
  loadCommand,
  unloadCommand,
  repoCommand,
  bucketCommand,
  gateCommand,
  simulateCommand,
  blocklistCommand,
];
