import * as z from 'zod';

// https://ossf.github.io/osv-schema/
const text = z.string().max(65_536);

const event = z
  .looseObject({
    introduced: text.optional(),
    fixed: text.optional(),
    last_affected: text.optional(),
    limit: text.optional(),
  })
  .refine(
    ({ introduced, fixed, last_affected, limit }) =>
      [introduced, fixed, last_affected, limit].filter((value) => value !== undefined).length === 1,
    'an event has exactly one of introduced, fixed, last_affected and limit',
  );

const range = z.looseObject({
  type: z.enum(['GIT', 'SEMVER', 'ECOSYSTEM']),
  repo: text.optional(),
  events: z
    .array(event)
    .min(1)
    .max(2048)
    .refine((events) => events.some(({ introduced }) => introduced !== undefined), 'a range must say where it begins'),
});

const severity = z.array(z.looseObject({ type: text, score: text })).max(64);
const free = z.looseObject({});

const affected = z.looseObject({
  package: z.looseObject({ ecosystem: text, name: text }).optional(),
  ranges: z.array(range).max(256).optional(),
  versions: z.array(text).max(65_536).optional(),
  severity: severity.optional(),
  ecosystem_specific: free.nullish(),
  database_specific: free.nullish(),
});

/** A record of the Open Source Vulnerability format, as far as it is read here. */
export const osvSchema = z.looseObject({
  id: z.string().min(1).max(256),
  modified: text,
  published: text.optional(),
  withdrawn: text.nullish(),
  aliases: z.array(text).max(2048).nullish(),
  upstream: z.array(text).max(2048).nullish(),
  summary: text.nullish(),
  details: z.string().nullish(),
  severity: severity.nullish(),
  affected: z.array(affected).max(2048).nullish(),
  references: z
    .array(z.looseObject({ url: text }))
    .max(2048)
    .nullish(),
  database_specific: free.nullish(),
});

export type OsvDocument = z.infer<typeof osvSchema>;
export type OsvAffected = z.infer<typeof affected>;
export type OsvRange = z.infer<typeof range>;
