/**
 * More than the 4 calls that are in flight on a path, so that none of them waits for the engine; few enough for the
 * memory: eight blocks are read at once, and a group of 500 members takes 200 kB.
 */
const AHEAD = 6;

/** Reads every item, several at a time, and gives the answers in the order of the items. */
export async function* readAhead<T, A>(items: Iterable<T>, read: (item: T) => Promise<A>): AsyncGenerator<A> {
  const waiting: Promise<A>[] = [];
  for (const item of items) {
    const next = waiting.length === AHEAD ? waiting.shift() : undefined;
    const answer = read(item);
    // The first one to fail is thrown where it is waited for; nobody waits for the others then.
    answer.catch(() => undefined);
    waiting.push(answer);
    if (next) yield await next;
  }
  for (const answer of waiting) yield await answer;
}
