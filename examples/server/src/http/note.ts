import { z } from 'zod';

/** Enough for a paragraph and a link to a ticket. */
const maxNoteLength = 1000;

/**
 * What a person writes into the audit trail: plain text. Left out are characters that show as nothing or as something else: control characters but for
 * tabs and ends of lines, those that turn the direction of text around (they let a sentence read backwards), and halves of surrogate pairs, which no
 * database stores. Markup is text like any other; whoever shows it escapes it.
 */
export const noteSchema = z
  .string()
  .min(1)
  .max(maxNoteLength)
  .refine(
    (text) => !/[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/u.test(text.replaceAll(/\r\n|[\t\n]/g, '')),
    'must be plain text: no control characters but tabs and ends of lines, none that change the direction of text',
  )
  .describe('Plain text for the audit trail.');
