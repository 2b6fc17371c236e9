/** A duration for people: `12 ms`, `3.4 s`, `5 min 20 s`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Number(ms.toPrecision(3))} ms`;
  if (ms < 60_000) return `${Number((ms / 1000).toPrecision(3))} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** A time for people, UTC. */
export function formatTime(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? '–' : `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** A chance for people: `0.03 %`, `below 0.0001 %`. */
export function formatChance(p: number): string {
  if (p >= 1) return '–';
  return p < 1e-6 ? 'below 0.0001 %' : `${Number((p * 100).toPrecision(2))} %`;
}
