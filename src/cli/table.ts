/** Columns a text needs on a terminal: wide (East Asian) characters need two. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text)
    width += /\p{Mn}/u.test(character)
      ? 0
      : /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/u.test(
            character,
          )
        ? 2
        : 1;
  return width;
}

const NUMERIC = /^-?[\d,.]+( s|%)?$/;

/** A plain text table; columns of numbers are right-aligned. */
export function textTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, i) =>
    Math.max(displayWidth(title), ...rows.map((row) => displayWidth(row[i] ?? ''))),
  );
  const right = header.map(
    (_, i) => rows.length > 0 && rows.every((row) => (row[i] ?? '') === '' || NUMERIC.test(row[i] ?? '')),
  );
  const format = (row: readonly string[]) =>
    row
      .map((cell, i) => {
        const pad = ' '.repeat(Math.max(0, (widths[i] ?? 0) - displayWidth(cell)));
        return right[i] ? pad + cell : cell + pad;
      })
      .join('  ')
      .trimEnd();
  return [format(header), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(format)].join(
    '\n',
  );
}
