import { openEmbedded } from '../../src/embedded/index.ts';

/** A command that uses the embedded server of the folder in its first argument until its standard input ends. */
const server = await openEmbedded({ directory: process.argv[2] ?? '' });
process.stdout.write(`${JSON.stringify({ url: server.url })}\n`);
process.stdin.resume();
process.stdin.once('end', () => void server.close());
