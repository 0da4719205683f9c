/** Takes a forgotten person out of a stored row, by the rules that a record of a later run is read with. Pure. */

import { type JsonValue, parseAnswer } from '../wecom/json.ts';
import type { Forgotten } from './forgotten.ts';

export interface RowColumn {
  readonly name: string;
  readonly kind: 'text' | 'list' | 'json';
  /** Holds ids of people. */
  readonly isId: boolean;
  /** A person here says whom the row is about. */
  readonly isKey: boolean;
}

/** Text, the elements of a list, or JSON text. */
export type Cell = string | null | readonly (string | null)[];

export interface RedactedRow {
  /** Placeholders of those whom the row mentions. */
  readonly people: ReadonlySet<string>;
  /** The row is about one of them. */
  readonly isAbout: boolean;
  readonly cells: readonly Cell[];
  readonly isChanged: boolean;
}

export interface RowRules {
  /** Part of a document: names are replaced in its lists of objects too. */
  readonly isDocument: boolean;
  /** Names of these people are replaced too. */
  readonly namesOf: ReadonlySet<string>;
}

export function redactRow(
  forgotten: Forgotten,
  columns: readonly RowColumn[],
  cells: readonly Cell[],
  rules: RowRules,
): RedactedRow {
  const people = new Set<string>();
  let isAbout = false;
  const clean = cells.map((cell, i): Cell => {
    const column = columns[i];
    if (cell === null || column === undefined) return cell;
    const redacted = redactCell(forgotten, column, cell, rules, (person) => {
      people.add(person);
      isAbout ||= column.isKey;
    });
    return redacted;
  });
  const isChanged = clean.some((cell, i) => JSON.stringify(cell) !== JSON.stringify(cells[i]));
  return { people, isAbout, cells: clean, isChanged };
}

function redactCell(
  forgotten: Forgotten,
  { kind, isId }: RowColumn,
  cell: string | readonly (string | null)[],
  { isDocument, namesOf }: RowRules,
  hit: (person: string) => void,
): Cell {
  if (typeof cell === 'string' && kind === 'json') {
    const value = parseJson(cell);
    const clean = forgotten.withoutPeople(value, hit);
    const nameless = namesOf.size === 0 ? clean : forgotten.nameless(clean, namesOf, isDocument);
    return JSON.stringify(nameless) === JSON.stringify(value) ? cell : JSON.stringify(nameless);
  }
  const text = (value: string): string => {
    const person = isId ? forgotten.id(value) : undefined;
    if (person !== undefined) {
      hit(person);
      return person;
    }
    const clean = forgotten.text(value, hit);
    return namesOf.size === 0 ? clean : forgotten.withoutNames(clean, namesOf);
  };
  return typeof cell === 'string' ? text(cell) : cell.map((item) => (item === null ? null : text(item)));
}

/** Any JSON value, with every digit of its numbers. */
export function parseJson(text: string): JsonValue {
  return parseAnswer(`{"value":${text}}`).answer.value ?? null;
}
