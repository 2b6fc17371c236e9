import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Provider } from 'oidc-provider';

/** Who signs in, as the provider knows them. */
export interface ProviderPerson {
  readonly sub: string;
  readonly groups: readonly string[];
}

/** A whole identity provider on loopback, with one client. */
export interface IdentityProvider {
  readonly issuer: string;
  /** Whoever comes next. */
  person: ProviderPerson;
  close(): Promise<void>;
}

/** What the provider knows of its client. */
export interface ProviderClient {
  readonly clientId: string;
  readonly clientSecret: string;
  /** How browsers reach the client. */
  readonly publicUrl: string;
  /** Shows a page with a button first; without it whoever comes is signed in without being asked. */
  readonly asks?: boolean;
}

const page = `<!doctype html><title>Provider</title><form method="post"><button>Sign in as the person</button></form>`;

/** Starts one on a free port. */
export async function startIdentityProvider(client: ProviderClient, person: ProviderPerson): Promise<IdentityProvider> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const found: IdentityProvider = {
    issuer,
    person,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  const oidc = makeProvider(issuer, client, () => found.person);
  const answer = oidc.callback();
  const interact = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const isAsked = client.asks === true && request.method === 'GET';
    if (isAsked) response.writeHead(200, { 'content-type': 'text/html' }).end(page);
    else await oidc.interactionFinished(request, response, { login: { accountId: found.person.sub } });
  };
  server.on('request', (request, response) => {
    if (request.url?.startsWith('/interaction/') === true) void interact(request, response);
    else void answer(request, response);
  });
  return found;
}

function makeProvider(issuer: string, client: ProviderClient, person: () => ProviderPerson): Provider {
  return new Provider(issuer, {
    clients: [
      {
        client_id: client.clientId,
        client_secret: client.clientSecret,
        redirect_uris: [`${client.publicUrl}/v1/session/oidc/callback`],
        grant_types: ['authorization_code'],
        response_types: ['code'],
      },
    ],
    ttl: { AccessToken: 600, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
    cookies: { keys: ['one of the provider'] },
    claims: { openid: ['sub', 'groups'] },
    conformIdTokenClaims: false,
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_context, sub) => ({ accountId: sub, claims: () => ({ sub, groups: person().groups }) }),
    loadExistingGrant: async (context) => {
      const grant = new context.oidc.provider.Grant({
        clientId: context.oidc.client?.clientId ?? '',
        accountId: context.oidc.session?.accountId ?? '',
      });
      grant.addOIDCScope('openid profile email');
      await grant.save();
      return grant;
    },
  });
}
