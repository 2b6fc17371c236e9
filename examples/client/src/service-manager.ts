import koffi from 'koffi';

/** The systemd that started this program, as sd_notify(3) reaches it. */
export interface ServiceManager {
  /** How this program stands, in a sentence; the first word makes the service count as started. */
  status(sentence: string): void;
  /** It is about to end. */
  stopping(): void;
  /** No more signs of life. */
  close(): void;
}

/** What {@link openServiceManager} is given. */
export interface ServiceManagerOptions {
  /** `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID` are read. */
  readonly environment: NodeJS.ProcessEnv;
  /** Told where systemd waits for words and the library that speaks to it is missing. */
  readonly onTrouble: (message: string) => void;
}

/** Longest status; systemctl shows one line. */
const MAX_STATUS = 200;

const nobody: ServiceManager = { status: () => undefined, stopping: () => undefined, close: () => undefined };

/**
 * Speaks to the service manager by its own library, which every system with systemd has. Where none waits for words (`NOTIFY_SOCKET` is not set)
 * nothing is loaded and nothing is said. Signs of life come from the event loop, twice in the time that the unit's `WatchdogSec` gives.
 */
export function openServiceManager({ environment, onTrouble }: ServiceManagerOptions): ServiceManager {
  if (environment['NOTIFY_SOCKET'] === undefined) return nobody;
  let notify: (state: string) => void;
  try {
    notify = loadNotify();
  } catch (cause) {
    onTrouble(`libsystemd cannot be loaded, so systemd is told nothing: ${(cause as Error).message}`);
    return nobody;
  }
  let isReady = false;
  const watchdog = startWatchdog(environment, () => notify('WATCHDOG=1'));
  return {
    status(sentence) {
      // One assignment a line: a sentence must not smuggle in another.
      const line = sentence.replaceAll(/[^\x20-\x7e]/g, ' ').slice(0, MAX_STATUS);
      notify(`${isReady ? '' : 'READY=1\n'}STATUS=${line}`);
      isReady = true;
    },
    stopping: () => notify('STOPPING=1'),
    close: () => clearInterval(watchdog),
  };
}

function loadNotify(): (state: string) => void {
  const send = koffi.load('libsystemd.so.0').func('int sd_notify(int unset, const char *state)');
  return (state) => void send(0, state);
}

function startWatchdog(environment: NodeJS.ProcessEnv, beat: () => void): NodeJS.Timeout | undefined {
  const { WATCHDOG_USEC: limitUs, WATCHDOG_PID: pid } = environment;
  const limitMs = Number(limitUs) / 1000;
  if (limitUs === undefined || !Number.isFinite(limitMs) || limitMs <= 0) return undefined;
  if (pid !== undefined && Number(pid) !== process.pid) return undefined;
  return setInterval(beat, Math.max(1, limitMs / 2)).unref();
}
