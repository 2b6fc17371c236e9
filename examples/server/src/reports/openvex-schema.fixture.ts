/**
 * What OpenVEX v0.2.0 asks of a document, written down from its specification: required fields, the four states, what goes with them, and
 * no field that it does not know.
 */
const text = { type: 'string' } as const;
const uri = { type: 'string', format: 'uri' } as const;
const time = { type: 'string', format: 'date-time' } as const;
const version = { type: 'integer', minimum: 1 } as const;
const closed = (properties: Record<string, unknown>, required: readonly string[] = []) =>
  ({ type: 'object', properties, required, additionalProperties: false }) as const;
const setOf = (items: unknown, more: Record<string, unknown> = {}) => ({
  type: 'array',
  uniqueItems: true,
  items,
  ...more,
});

const digest = (length: number) => ({ type: 'string', pattern: `^[0-9a-f]{${length}}$` });
const component = {
  '@id': uri,
  identifiers: closed({ purl: { type: 'string', pattern: '^pkg:' }, cpe22: text, cpe23: text }),
  hashes: closed({ 'sha-256': digest(64), 'sha-384': digest(96), 'sha-512': digest(128) }),
};
const product = closed({ ...component, subcomponents: setOf(closed(component)) });

const statement = {
  ...closed(
    {
      '@id': uri,
      version,
      vulnerability: closed({ '@id': uri, name: text, description: text, aliases: setOf(text) }, ['name']),
      timestamp: time,
      last_updated: time,
      products: setOf(product),
      status: { enum: ['not_affected', 'affected', 'fixed', 'under_investigation'] },
      supplier: text,
      status_notes: text,
      justification: {
        enum: [
          'component_not_present',
          'vulnerable_code_not_present',
          'vulnerable_code_not_in_execute_path',
          'vulnerable_code_cannot_be_controlled_by_adversary',
          'inline_mitigations_already_exist',
        ],
      },
      impact_statement: text,
      action_statement: text,
      action_statement_timestamp: time,
    },
    ['vulnerability', 'status'],
  ),
  allOf: [
    {
      if: { properties: { status: { const: 'not_affected' } } },
      // oxlint-disable-next-line unicorn/no-thenable
      then: { oneOf: [{ required: ['justification'] }, { required: ['impact_statement'] }] },
    },
    {
      if: { properties: { status: { const: 'affected' } } },
      // oxlint-disable-next-line unicorn/no-thenable
      then: { required: ['action_statement'] },
    },
  ],
};

/** JSON Schema (2020-12) of a document. */
export const openVexSchema = closed(
  {
    '@context': uri,
    '@id': uri,
    author: text,
    role: text,
    timestamp: time,
    last_updated: time,
    version,
    tooling: text,
    statements: setOf(statement, { minItems: 1 }),
  },
  ['@context', '@id', 'author', 'timestamp', 'version', 'statements'],
);
