import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What wrk said. */
export interface Load {
  readonly perSecond: number;
  /** Answers that were not 2xx or 3xx, and connections that broke. */
  readonly failed: number;
  /** All that wrk printed. */
  readonly said: string;
}

/** How {@link load} asks. */
export interface LoadOptions {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  /** Bodies made beforehand, one a line; each is sent once, and from the beginning again when they are through. */
  readonly bodies: readonly string[];
  readonly folder: string;
}

/** Why HTTP load cannot be made here, or nothing. */
export function wrkMissing(): string | undefined {
  return spawnSync('wrk', ['--version']).error === undefined
    ? undefined
    : 'wrk is not installed (Debian: apt-get install wrk)';
}

/** Sends prebuilt bodies with wrk, a process of its own. */
export async function load({ url, connections, seconds, bodies, folder }: LoadOptions): Promise<Load> {
  const lines = join(folder, 'bodies');
  const script = join(folder, 'post.lua');
  // On the disk before anything is measured: it would be written in the background while a database writes, too.
  writeFileSync(lines, `${bodies.join('\n')}\n`, { flush: true });
  writeFileSync(script, luaScript(lines));
  const flags = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '20s', '-s', script, url];
  const wrk = spawn('wrk', flags, { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  wrk.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  await once(wrk, 'close');
  const numberOf = (pattern: RegExp): number => Number(pattern.exec(out)?.[1] ?? 0);
  const perSecond = numberOf(/Requests\/sec:\s+([\d.]+)/);
  if (perSecond === 0) throw new Error(`wrk sent nothing: ${out}`);
  const broken = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(out)?.slice(1) ?? [];
  const failed = numberOf(/Non-2xx or 3xx responses: (\d+)/) + broken.reduce((sum, one) => sum + Number(one), 0);
  return { perSecond, failed, said: out };
}

function luaScript(lines: string): string {
  return `
local bodies, at = {}, 0
init = function()
  wrk.headers["content-type"] = "application/json"
  for line in io.lines("${lines}") do bodies[#bodies + 1] = wrk.format("POST", nil, nil, line) end
end
request = function()
  at = at % #bodies + 1
  return bodies[at]
end
`;
}

/** A program of this folder in a process of its own, with the line of JSON that it begins with. */
export interface Running<T> {
  readonly child: ChildProcess;
  readonly said: T;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** How {@link startProgram} starts one. */
export interface ProgramOptions {
  readonly nodeOptions?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

/** Starts one and waits for its line. */
export async function startProgram<T>(
  program: URL,
  argument: unknown,
  options: ProgramOptions = {},
): Promise<Running<T>> {
  const { nodeOptions = ['--conditions=@klpkit/source'], env = process.env } = options;
  const argv = [...nodeOptions, program.pathname, JSON.stringify(argument)];
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'], env });
  let line = '';
  for await (const chunk of child.stdout) {
    line += String(chunk);
    if (line.includes('\n')) break;
  }
  if (line === '') throw new Error(`${program.pathname} ended before it said anything`);
  return {
    child,
    said: JSON.parse(line) as T,
    stop: async (signal = 'SIGTERM') => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill(signal);
      await ended;
    },
  };
}
