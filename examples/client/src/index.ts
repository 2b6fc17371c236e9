/**
 * A thin livepatch agent: check, decide, download, verify, record, insert, watch, ping. `src/main.ts` is the program; `createClient` is
 * the same code over ports, so that tests and the demo run it on fake kernels.
 *
 * @packageDocumentation
 */
export { createClient } from './client.ts';
export { ClientError, type ClientErrorCode, type ClientErrorInit, isClientError } from './error.ts';
export { createHttpsSource, type HttpsSource, type HttpsSourceOptions } from './https-source.ts';
export type {
  AbortOptions,
  Candidate,
  Client,
  ClientPorts,
  ClientRandom,
  Identity,
  Notice,
  Offer,
  OfferQuery,
  Reporter,
  Schedule,
  Source,
} from './ports.ts';
export { defaultSchedule, fasterSchedule } from './schedule.ts';
export type { Attempt, ClientState, ClientStateKind, Failure, Phase } from './state.ts';
