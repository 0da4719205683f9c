/** How userids are spelled: WeCom compares them without case, and now and then sends blanks around them. */

import type { StreamLoader } from './warehouse.ts';

/** From what `StreamLoader.spellings` knows; what it does not know stays as received. */
export const speller =
  (known: ReadonlyMap<string, string>) =>
  (userid: string): string =>
    known.get(userid.trim().toLowerCase()) ?? userid.trim();

/** The spelling that the warehouse knows in a run, read again after a stream that may have taught it. */
export class Spellings {
  private known: Promise<Map<string, string>> | undefined;

  async of(loader: StreamLoader): Promise<(userid: string) => string> {
    this.known ??= loader.spellings();
    return speller(await this.known);
  }

  forget(): void {
    this.known = undefined;
  }
}
