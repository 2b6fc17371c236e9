/**
 * Lets those who ask for the same share one look. Whoever comes while a look is under way shares the one after it, because that one
 * may have begun before the change that he was told of. Nothing that was found is kept.
 */
export function shareWork<T>(look: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const running = new Map<string, Promise<T>>();
  const next = new Map<string, Promise<T>>();
  const start = (key: string): Promise<T> => {
    next.delete(key);
    const started = look(key).finally(() => running.delete(key));
    running.set(key, started);
    return started;
  };
  return (key) => {
    const current = running.get(key);
    if (current === undefined) return start(key);
    const waiting = next.get(key) ?? current.catch(() => undefined).then(() => start(key));
    next.set(key, waiting);
    return waiting;
  };
}
