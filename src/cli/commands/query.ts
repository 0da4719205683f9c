import { DatabaseError as PostgresError, types } from 'pg';
import { withDatabase } from '../context.ts';
import { EXIT, UsageError } from '../exit.ts';
import type { GlobalOptions } from '../options.ts';
import { csv, type Field, json } from '../results.ts';
import { textTable } from '../table.ts';

export interface QueryFlags {
  readonly format: 'table' | 'csv' | 'json';
}

export function runQuery(text: string, { format }: QueryFlags, options: GlobalOptions): Promise<number> {
  return withDatabase({ corp: false }, options, async ({ database: { pool } }) => {
    const client = await pool.connect();
    try {
      await client.query('BEGIN READ ONLY');
      // WeCom's calendar is that of Shanghai, and so are the days that analysts ask for.
      await client.query(`SET LOCAL timezone = 'Asia/Shanghai'`);
      const statement = {
        text,
        rowMode: 'array' as const,
        // The extended protocol takes one statement only: nothing can end the read-only transaction and go on.
        queryMode: 'extended',
        types: { getTypeParser: () => asSent },
      };
      const { fields, rows } = await client.query<(string | null)[]>(statement);
      process.stdout.write(print(format, fields, rows));
    } catch (error) {
      throw error instanceof PostgresError ? statementError(error, text) : error;
    } finally {
      const broken = await client.query('ROLLBACK').then(
        () => false,
        () => true,
      );
      client.release(broken);
    }
    return EXIT.ok;
  });
}

const asSent = (value: string) => value;

function print(
  format: QueryFlags['format'],
  fields: readonly Field[],
  rows: readonly (readonly (string | null)[])[],
): string {
  if (format === 'csv') return csv(fields, rows);
  if (format === 'json') return json(fields, rows, (oid, text) => types.getTypeParser(oid)(text));
  const cells = rows.map((row) => row.map((cell) => (cell ?? '').replace(/\s*\n\s*/g, ' ⏎ ')));
  const total = `${rows.length} ${rows.length === 1 ? 'row' : 'rows'}`;
  if (fields.length === 0) return `(${total})\n`;
  return `${textTable(
    fields.map((field) => field.name),
    cells,
  )}\n(${total})\n`;
}

/** What PostgreSQL says of the statement, with the place that it means. Errors of the server are passed on. */
function statementError(error: PostgresError, text: string): unknown {
  const code = error.code ?? '';
  if (/^(08|53|57P|58|XX)/.test(code)) return error;
  const place = error.position === undefined ? '' : `\n${pointer(text, Number(error.position))}`;
  const details = [error.detail, error.hint].filter(Boolean).join(' ');
  return new UsageError(
    `The query failed (${code}): ${error.message}${place}${details ? `\n${details}` : ''}`,
    REMEDIES[code] ?? 'Correct the statement. wecom-warehouse streams lists the tables.',
  );
}

const REMEDIES: Readonly<Record<string, string>> = {
  '25006':
    'query only reads. To change tables of your own, use the URL of DATABASE_URL (or of: postgres) with psql.',
  '42601': 'Give one correct statement in quotes, such as: query "SELECT count(*) FROM wecom.customers"',
  '42P01': 'wecom-warehouse streams lists the tables (schema wecom); sync makes them in an empty database.',
  '57014': 'The server stopped the statement (statement_timeout): narrow it.',
};

/** The line of the statement and a mark below the character that PostgreSQL points at (counted from 1). */
function pointer(text: string, position: number): string {
  const before = [...text].slice(0, position - 1).join('');
  const line = text.split('\n')[before.split('\n').length - 1] ?? '';
  return `  ${line}\n  ${' '.repeat(before.length - before.lastIndexOf('\n') - 1)}^`;
}
