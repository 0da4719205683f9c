import type { Person } from '../../../loaders/forget/index.ts';
import { requireSchema } from '../../../loaders/migrator.ts';
import { corpsInWarehouse } from '../../../loaders/status.ts';
import type { Database } from '../../database.ts';
import { type ForgottenPerson, forget } from '../../forget.ts';
import { withDatabase } from '../context.ts';
import { EXIT, UsageError } from '../exit.ts';
import { count } from '../format.ts';
import type { GlobalOptions, JsonFlag } from '../options.ts';
import { textTable } from '../table.ts';

export interface ForgetFlags extends JsonFlag {
  readonly customer?: string;
  readonly employee?: string;
  readonly dryRun?: boolean;
  readonly corp?: string;
}

export function runForget(flags: ForgetFlags, options: GlobalOptions): Promise<number> {
  const who = whoOf(flags);
  const { dryRun = false } = flags;
  return withDatabase({ corp: false }, options, async ({ database, logger }) => {
    await requireSchema(database.db);
    const person: Person = { ...who, corpId: await corpOf(database, flags.corp) };
    const erased = await forget(database, person, { dryRun });
    if (erased === null)
      throw new UsageError(
        `The warehouse of corp ${person.corpId} holds nothing of ${person.kind} ${person.id}, and nobody of this id was forgotten before. Nothing was written.`,
        person.kind === 'customer'
          ? 'Check the id: --customer takes the external_userid (wm… or wo…) of customers.external_userid or group_chat_members.member_id.'
          : 'Check the id: --employee takes the userid of employees.userid; upper and lower case do not matter.',
      );
    process.stdout.write(flags.json ? toJson(person, erased, dryRun) : page(person, erased, dryRun));
    if (erased.facts) logger.error({ remedy: erased.facts.remedy }, erased.facts.message);
    return EXIT.ok;
  });
}

function whoOf({ customer, employee }: ForgetFlags): Omit<Person, 'corpId'> {
  const id = (customer ?? employee ?? '').trim();
  if (id === '' || (customer !== undefined && employee !== undefined))
    throw new UsageError(
      'forget erases one person at a time.',
      'Name exactly one: --customer EXTERNAL_USERID or --employee USERID.',
    );
  return { kind: customer === undefined ? 'employee' : 'customer', id };
}

async function corpOf({ db }: Database, wanted: string | undefined): Promise<string> {
  const corps = await corpsInWarehouse(db);
  const [only] = wanted === undefined ? corps : corps.filter((corp) => corp === wanted);
  if (only !== undefined && (wanted !== undefined || corps.length === 1)) return only;
  if (corps.length === 0)
    throw new UsageError('The warehouse is empty: there is nobody to forget.', 'Run: wecom-warehouse sync');
  throw new UsageError(
    wanted === undefined
      ? 'The warehouse holds several corps, and the same id may be another person in each.'
      : `The warehouse holds nothing of a corp ${wanted}.`,
    `Name one with --corp: ${corps.join(', ')}`,
  );
}

function toJson({ corpId, kind }: Person, { facts: _, ...erased }: ForgottenPerson, dryRun: boolean): string {
  return `${JSON.stringify({ corpId, kind, dryRun, ...erased })}\n`;
}

function page({ corpId, kind, id }: Person, erased: ForgottenPerson, dryRun: boolean): string {
  const { tables, placeholder, again, ended, namesakes } = erased;
  const head = dryRun
    ? `Dry run: of ${kind} ${id} (corp ${corpId}) this would go. Nothing was written.`
    : `Corp ${corpId}: the ${kind} was ${again && tables.length === 0 ? 'forgotten before, and nothing has come back' : 'forgotten'}. Mentions read ${placeholder}, and later runs keep the person out.`;
  const rows = tables.map(({ table, deleted, redacted }) => [table, count(deleted), count(redacted)]);
  const parts = [
    head,
    ...(rows.length > 0 ? [textTable(['table', 'rows deleted', 'rows rewritten'], rows)] : []),
    ...(ended > 0
      ? [`${count(ended)} rows of customers whom nobody else follows end, and move to history.`]
      : []),
    ...(namesakes.length > 0
      ? [
          'The same name also stands in rows that do not mention the person by id, phone or mail. They stay: they are about other people, or free text to be looked at.',
          textTable(
            ['table', 'rows'],
            namesakes.map(({ table, rows: n }) => [table, count(n)]),
          ),
        ]
      : []),
    ...(dryRun ? [] : ['→ Backups and exports made before still hold the person: docs/personal-data.md']),
  ];
  return `${parts.join('\n\n')}\n`;
}
