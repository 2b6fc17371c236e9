import type { Reporter, Source } from './ports.ts';

/** Where the server is and how far it is trusted. */
export interface HttpsSourceOptions {
  /** `https://host[:port]` */
  readonly url: string;
  /** PEM certificates of the authorities to trust instead of the system's. */
  readonly ca?: string;
  /** Largest payload taken, bytes. */
  readonly maxPayloadBytes?: number;
  /** An answer that is no payload must be there by then. */
  readonly answerMs?: number;
  /** A payload must be there by then. */
  readonly payloadMs?: number;
}

/** The example server as a source of releases and as the place where pings go. */
export interface HttpsSource extends Source, Reporter {
  /** Closes the kept-open connections. */
  close(): void;
}

/** Opens nothing yet; connections are made as they are needed and kept. */
export function createHttpsSource(_options: HttpsSourceOptions): HttpsSource {
  throw new Error('being written');
}
