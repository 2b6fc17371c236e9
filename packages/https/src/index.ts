/**
 * One HTTPS request within bounds: an authority of one's own, a proxy, deadlines, a byte limit, ranges, and errors that can be told apart.
 * Node's own client underneath, and none beside it.
 *
 * @packageDocumentation
 */
export { bodyFrom, readBody } from './body.ts';
export { createHttpsClient, type HttpsClient, type HttpsClientOptions } from './client.ts';
export { HttpsError, type HttpsErrorCode, isHttpsError } from './error.ts';
export type { HttpsAnswer, HttpsRequestOptions } from './exchange.ts';
