import type { TLSSocket } from 'node:tls';
import type { onRequestHookHandler } from 'fastify';
import { ServerError } from '../errors.ts';
import type { Services } from '../services.ts';

/**
 * A hook for what machines ask: nobody gets through without a certificate of the configured authority, where there is one. People and pipelines have
 * tokens and sessions; a browser is not asked.
 */
export function requireClientCertificate(services: Services): onRequestHookHandler {
  const isAsked = services.config.tls.clientAuthority !== undefined;
  return (request, _reply, done) => {
    if (!isAsked || (request.raw.socket as TLSSocket).authorized) return done();
    done(
      new ServerError(
        'CLIENT_CERTIFICATE_NEEDED',
        'Machines need a certificate that this server trusts (mutual TLS). Give the client its certificate and key.',
      ),
    );
  };
}
