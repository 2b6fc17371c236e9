import { isServerError } from '../errors.ts';
import type { Waiting } from './waiting-line.ts';

/** Makes items durable in one transaction, and says of each whether it was new. */
export type Write<Item> = (items: readonly Item[]) => Promise<readonly boolean[]>;

/** Tells those of a group what became of it. */
export type Answer = () => void;

/** Writes a group. Never rejects: what went wrong is for those of the group. */
export async function writeGroup<Item>(group: readonly Waiting<Item>[], write: Write<Item>): Promise<Answer> {
  try {
    const isNew = await write(group.flatMap(({ items }) => items));
    return () => answerEach(group, isNew);
  } catch (error) {
    if (group.length === 1 || isServerError(error, 'DATABASE_UNAVAILABLE'))
      return () => {
        for (const { reject } of group) reject(error);
      };
    // Something in one request cannot be written: the others must not suffer for it.
    return writeEach(group, write);
  }
}

async function writeEach<Item>(group: readonly Waiting<Item>[], write: Write<Item>): Promise<Answer> {
  const answers: Answer[] = [];
  let away: { readonly error: unknown } | undefined;
  const writeOne = async ({ items, resolve, reject }: Waiting<Item>): Promise<Answer> => {
    try {
      const isNew = await write(items);
      return () => resolve(isNew);
    } catch (error) {
      if (isServerError(error, 'DATABASE_UNAVAILABLE')) away = { error };
      return () => reject(error);
    }
  };
  for (const one of group)
    answers.push(away === undefined ? await writeOne(one) : one.reject.bind(undefined, away.error));
  return () => {
    for (const answer of answers) answer();
  };
}

function answerEach<Item>(group: readonly Waiting<Item>[], isNew: readonly boolean[]): void {
  let start = 0;
  for (const { items, resolve } of group) {
    resolve(isNew.slice(start, start + items.length));
    start += items.length;
  }
}
