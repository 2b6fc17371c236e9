import type { Incident } from './incident.ts';

/** So many hangs are remembered. */
const maxRemembered = 64;

/** Longer than the longest watchdog's period (hung task: 120 s, RCU: 21 s growing to minutes). */
const forgetUs = 900_000_000;

/** Tells the repetitions of a hang: watchdogs report one again and again while it lasts. */
export function createRepeats(): (incident: Incident) => boolean {
  const seen = new Map<string, number | null>();
  return (incident) => {
    if (incident.kind !== 'hang') return false;
    // Each sample of a loop finds another function: the task tells better.
    const key = `${incident.rule}\0${String(incident.tasks[0]?.pid ?? incident.title)}`;
    const before = seen.get(key);
    const repeated =
      before !== undefined && (before === null || incident.timeUs === null || incident.timeUs - before < forgetUs);
    seen.delete(key);
    seen.set(key, incident.timeUs);
    const oldest = seen.size > maxRemembered ? seen.keys().next().value : undefined;
    if (oldest !== undefined) seen.delete(oldest);
    return repeated;
  };
}
