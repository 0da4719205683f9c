import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { UsageError } from './exit.ts';

/** Questions on a terminal, or answers line by line from a pipe. Answers are trimmed. */
export interface Ask {
  line(question: string): Promise<string>;
  /** What is typed is not shown. */
  hidden(question: string): Promise<string>;
  close(): void;
}

export function askOn(input: NodeJS.ReadStream, output: NodeJS.WriteStream): Ask {
  let muted = false;
  const echo = new Writable({
    write(chunk, _encoding, done) {
      if (!muted) output.write(chunk);
      done();
    },
  });
  const reader = createInterface({ input, output: echo, terminal: input.isTTY });
  // The iterator keeps lines that arrive before they are asked for: a pipe sends them all at once.
  const lines = reader[Symbol.asyncIterator]();
  const ended = new UsageError(
    'init was not given all answers.',
    'Run it on a terminal and answer each question.',
  );
  reader.on('SIGINT', () => reader.close());
  const line = async (question: string) => {
    output.write(`${question}: `);
    const { value, done } = await lines.next();
    if (done) throw ended;
    return value.trim();
  };
  return {
    line,
    async hidden(question) {
      const answer = line(question);
      muted = true;
      try {
        return await answer;
      } finally {
        muted = false;
        output.write('\n');
      }
    },
    close: () => reader.close(),
  };
}
