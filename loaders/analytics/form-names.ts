/** Names of views and columns made from titles: readable, at most 63 bytes, different where the ids are different. */

/** Bytes of the title in a name; with the id's tail and the longest ending (`_start_at`) it stays below 63. */
const TITLE_BYTES = 45;
const TAIL = 4;

/** The longest beginning of at most `bytes` UTF-8 bytes that cuts no character. */
export function cutBytes(text: string, bytes: number): string {
  let size = 0;
  let end = 0;
  for (const character of text) {
    size += Buffer.byteLength(character);
    if (size > bytes) break;
    end += character.length;
  }
  return text.slice(0, end);
}

/** Without white space, control characters and quotes, which make a name hard to type. */
const plain = (title: string): string => title.trim().replace(/[\s\p{C}"'`]+/gu, '_');

/** `采购金额_1602`: the titles, cut to 45 bytes together, and the last four characters of each id. */
export function nameOf(...parts: readonly { readonly title: string; readonly id: string }[]): string {
  const bytes = Math.floor((TITLE_BYTES - TAIL * (parts.length - 1)) / parts.length);
  const titles = parts.map(({ title }) => cutBytes(plain(title), bytes));
  return [...titles, ...parts.map(({ id }) => plain([...id].slice(-TAIL).join('')))].join('_');
}

/** `name`, or `name_2`, `name_3` … when it is taken; marks it as taken. Case counts for nothing: tools fold it. */
export function freeName(name: string, taken: Set<string>): string {
  let free = name;
  for (let n = 2; taken.has(free.toLowerCase()); n += 1) free = `${name}_${n}`;
  taken.add(free.toLowerCase());
  return free;
}
