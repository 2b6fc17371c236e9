/**
 * A patch server over HTTPS as the agent's source and reporter: offers, blocklist and payloads by GET, pings by POST.
 *
 * @packageDocumentation
 */
export { createHttpsSource, type HttpsSource, type HttpsSourceOptions } from './https-source.ts';
