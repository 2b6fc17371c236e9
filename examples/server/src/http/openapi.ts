import type { FastifyInstance } from 'fastify';
import { z } from 'zod';

declare module 'fastify' {
  interface FastifySchema {
    /** One line for the OpenAPI document. */
    readonly summary?: string;
    /** Media types beside JSON that the answer may have, for the document. */
    readonly alsoAs?: readonly string[];
  }
}

/** What a route says of itself for the document. */
export interface RouteDocs {
  readonly summary: string;
  readonly alsoAs?: readonly string[];
  readonly params?: z.ZodType;
  readonly querystring?: z.ZodType;
  readonly body?: z.ZodType;
  /** By status. */
  readonly response?: Readonly<Record<number, z.ZodType>>;
}

type Json = Record<string, unknown>;

/** The body of every answer that is not 2xx or 304. */
export const errorSchema = z.strictObject({
  ok: z.literal(false),
  code: z.string().describe('For programs.'),
  message: z.string().describe('For people; ends with what to do next.'),
});

/** What asks for a session or a token. */
const forPeople = /^\/v1\/(admin|dashboard|reports)\//;

/** Gathers the routes as they are added; the function it returns makes the OpenAPI 3.1 document of them. */
export function collectOpenApi(app: FastifyInstance): () => Json {
  const paths: Record<string, Json> = {};
  app.addHook('onRoute', ({ method, url, schema }) => {
    if (schema === undefined || method === 'HEAD') return;
    const docs = schema as unknown as RouteDocs;
    const path = url.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [String(method).toLowerCase()]: operationOf(docs, forPeople.test(url)) };
  });
  return () => ({
    openapi: '3.1.0',
    info: {
      title: 'klpkit example server',
      version: '1',
      description: 'Offers livepatches to machines and takes their pings.',
    },
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
      schemas: { Error: toJson(errorSchema, 'output') },
    },
  });
}

function operationOf(docs: RouteDocs, isForPeople: boolean): Json {
  const error = {
    description: 'Not done, and why.',
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
  };
  const answers = Object.entries(docs.response ?? {}).map(([status, schema]) => [
    status,
    {
      description: schema.description ?? 'Done.',
      content: {
        'application/json': { schema: toJson(schema, 'output') },
        ...Object.fromEntries((docs.alsoAs ?? []).map((type) => [type, { schema: { type: 'string' } }])),
      },
    },
  ]);
  return {
    summary: docs.summary,
    parameters: [...parametersOf(docs.params, 'path'), ...parametersOf(docs.querystring, 'query')],
    ...(docs.body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: toJson(docs.body, 'input') } } } }),
    responses: { ...Object.fromEntries(answers), default: error },
    ...(isForPeople ? { security: [{ bearer: [] }] } : {}),
  };
}

function parametersOf(schema: z.ZodType | undefined, place: 'path' | 'query'): Json[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = toJson(schema, 'input') as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, one]) => ({
    name,
    in: place,
    required: required.includes(name),
    schema: one,
  }));
}

function toJson(schema: z.ZodType, io: 'input' | 'output'): Json {
  return z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Json;
}
