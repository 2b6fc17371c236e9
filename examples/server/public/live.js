/** @typedef {'live' | 'connecting' | 'lost'} Connection */
/** @typedef {{ releases: 'all' | readonly string[] }} Notice */

const firstRetryMs = 1000;
const longestRetryMs = 30_000;

/**
 * Listens to what changes, while the page is looked at: a browser has few connections for one host, and hidden tabs would keep them all.
 * The browser comes back by itself after a broken connection and says where it was; after a refusal it does not, so that this asks again,
 * more and more rarely.
 *
 * @param {object} on
 * @param {(notice: Notice) => void} on.change
 * @param {(connection: Connection) => void} on.connection
 * @param {() => void} on.refused called before each new try: the session may have ended
 * @returns {() => void} stops listening
 */
export function listen({ change, connection, refused }) {
  let retryMs = firstRetryMs;
  /** @type {EventSource | undefined} */
  let source;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const close = () => {
    clearTimeout(timer);
    source?.close();
    source = undefined;
  };
  const open = () => {
    const opened = new EventSource('/v1/dashboard/events');
    source = opened;
    opened.addEventListener('open', () => {
      retryMs = firstRetryMs;
      connection('live');
    });
    opened.addEventListener('change', (event) => change(JSON.parse(event.data)));
    opened.addEventListener('error', () => {
      if (opened.readyState !== EventSource.CLOSED) return connection('connecting');
      connection('lost');
      timer = setTimeout(() => {
        refused();
        open();
      }, retryMs);
      retryMs = Math.min(retryMs * 2, longestRetryMs);
    });
  };
  const follow = () => {
    close();
    if (document.hidden) return;
    connection('connecting');
    open();
  };
  document.addEventListener('visibilitychange', follow);
  follow();
  return () => {
    document.removeEventListener('visibilitychange', follow);
    close();
  };
}
