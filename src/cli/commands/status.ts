import { assertNotNewer, schemaState } from '../../../loaders/migrator.ts';
import { missingText } from '../../engine/completeness.ts';
import { heldRows, readState, rejectedRecords, type StreamState } from '../../status.ts';
import { withDatabase } from '../context.ts';
import { EXIT } from '../exit.ts';
import { count, dayList, shanghaiTime, span } from '../format.ts';
import type { GlobalOptions, JsonFlag } from '../options.ts';
import { textTable } from '../table.ts';

/** A nightly run, and two hours for a long one. */
const IDLE_MS = 26 * 3_600_000;

export function runStatus(flags: JsonFlag, options: GlobalOptions): Promise<number> {
  return withDatabase({ corp: false }, options, async ({ config, database: { db, place } }) => {
    const schema = await schemaState(db);
    assertNotNewer(schema);
    const corps = config.corps.map((corp) => corp.corpId);
    const now = Date.now();
    const states = schema.pending.length === 0 ? await readState(db, corps, now) : [];
    if (flags.json) process.stdout.write(`${JSON.stringify(states.map(toJson), null, 2)}\n`);
    else process.stdout.write(page(states, now, place));
    if (schema.pending.length > 0) process.stderr.write(`${pendingText(schema.applied.length, place)}\n`);
    return schema.applied.length > 0 && schema.pending.length > 0 ? EXIT.database : EXIT.ok;
  });
}

function pendingText(applied: number, place: string): string {
  return applied === 0
    ? `The warehouse at ${place} is empty: nothing was ever loaded.\n→ Run: wecom-warehouse sync`
    : `The database at ${place} is older than the code.\n→ Run: wecom-warehouse migrate`;
}

/** The contract of `status --json` (DESIGN 2.2). */
function toJson(state: StreamState) {
  const { stream, corpId, runs, rows, coverage, holds } = state;
  return {
    stream: stream.name,
    corpId,
    lastSuccessAt: runs?.lastSuccessAt ?? null,
    lastRunAt: runs?.lastRunAt ?? null,
    lastStatus: runs?.lastStatus ?? null,
    rows,
    // The same shape for every stream, so that a reader need not ask which ones have days.
    coverage: coverage ?? { from: null, to: null, missingDays: [], lostDays: [], atRiskDays: [] },
    held: heldRows(state),
    holds: holds.map(({ table, reason, rows: held, since, examples }) => {
      return { table, reason, rows: held, since, examples };
    }),
    rejects: rejectedRecords(state),
  };
}

function page(states: readonly StreamState[], now: number, place: string): string {
  const corps = [...new Set(states.map((state) => state.corpId))];
  if (states.length > 0 && states.every((state) => state.runs === null))
    return `No stream has run yet in the warehouse at ${place}.\n→ Run: wecom-warehouse sync\n`;
  return corps
    .map((corpId) => {
      const mine = states.filter((state) => state.corpId === corpId);
      const title = corps.length > 1 ? `Corp ${corpId}\n\n` : '';
      return `${title}${overview(mine, now)}\n${attention(mine, now)}`;
    })
    .join('\n');
}

function overview(states: readonly StreamState[], now: number): string {
  const header = ['stream', 'last success', 'lag', 'rows', 'coverage', 'gaps', 'held', 'rejects'];
  const rows = states.map((state) => [
    state.stream.name,
    state.runs?.lastSuccessAt
      ? shanghaiTime(state.runs.lastSuccessAt)
      : state.runs
        ? state.runs.lastStatus
        : 'never',
    state.runs?.lastSuccessAt ? span(now - Date.parse(state.runs.lastSuccessAt)) : '',
    count(state.rows),
    state.coverage?.from ? `${state.coverage.from} – ${state.coverage.to}` : '',
    gaps(state),
    ...[heldRows(state), rejectedRecords(state)].map((number) => (number === 0 ? '' : count(number))),
  ]);
  return `${textTable(header, rows)}\n\nTimes are Asia/Shanghai.\n`;
}

function gaps({ coverage }: StreamState): string {
  if (coverage === null) return '';
  const lost = new Set(coverage.lostDays.map((day) => day.date)).size;
  const parts = [
    coverage.missingDays.length > 0 ? `${coverage.missingDays.length} missing` : '',
    coverage.atRiskDays.length > 0 ? `${coverage.atRiskDays.length} at risk` : '',
    lost > 0 ? `${lost} lost` : '',
  ].filter((part) => part !== '');
  return parts.length > 0 ? parts.join(', ') : coverage.from === null ? '' : 'none';
}

/** What a person should look at, with what to do about it. */
function attention(states: readonly StreamState[], now: number): string {
  const texts = [
    ...idle(states, now),
    ...states.flatMap((state) => [
      ...unfinished(state),
      ...gapTexts(state),
      ...holdTexts(state),
      ...rejectTexts(state),
    ]),
  ];
  return texts.length > 0 ? `${['', ...texts].join('\n')}\n` : '';
}

/** A night that never came shows in no report. */
function idle(states: readonly StreamState[], now: number): string[] {
  const last = states
    .flatMap(({ runs }) => runs?.lastRunAt ?? [])
    .sort()
    .at(-1);
  if (last === undefined || now - Date.parse(last) < IDLE_MS) return [];
  return [
    `Nothing has run since ${shanghaiTime(last)}, ${span(now - Date.parse(last))} ago.`,
    '  → Is serve (or the cron job) running? Its log says why not. To catch up now: wecom-warehouse sync',
  ];
}

function unfinished({ stream, runs }: StreamState): string[] {
  if (runs === null || runs.lastStatus === 'succeeded' || runs.lastStatus === 'held') return [];
  const advice =
    runs.lastStatus === 'not_permitted'
      ? 'wecom-warehouse check says what an admin must click.'
      : `Then run: wecom-warehouse sync ${stream.name} (it goes on where the last run stopped).`;
  const { lastError } = runs;
  const missing = missingText(runs.counts);
  return [
    `${stream.name}: the last run (${shanghaiTime(runs.lastRunAt)}) ended ${runs.lastStatus}${missing === '' ? '' : `; missing: ${missing}`}.`,
    ...(lastError === null ? [] : [`  ${lastError.message}`, `  → ${lastError.remedy}`]),
    `  → ${advice}`,
  ];
}

function gapTexts({ stream, coverage }: StreamState): string[] {
  if (coverage === null) return [];
  const texts: string[] = [];
  if (coverage.missingDays.length > 0)
    texts.push(
      `${stream.name}: missing for at least one member: ${dayList(coverage.missingDays)}.`,
      `  → The next sync fetches them.${coverage.atRiskDays.length > 0 ? ` Do it now: WeCom will soon forget ${dayList(coverage.atRiskDays)}.` : ''}`,
    );
  for (const [reason, days] of Map.groupBy(coverage.lostDays, (day) => day.reason))
    texts.push(
      `${stream.name}: lost for at least one member (${reason}): ${dayList(days.map((day) => day.date))}.`,
      '  → Nothing brings them back: WeCom does not give them any more.',
    );
  return texts;
}

function holdTexts({ stream, holds }: StreamState): string[] {
  if (holds.length === 0) return [];
  return [
    ...holds.map(
      ({ table, rows, reason, since, examples }) =>
        `${stream.name}: ${count(rows)} rows of ${table} held since ${shanghaiTime(since)}: ${reason}; such as ${examples.join(', ')}.`,
    ),
    `  → Check in WeCom whether they are really gone. If so: wecom-warehouse sync ${stream.name} --accept-deletes`,
  ];
}

function rejectTexts({ stream, rejects }: StreamState): string[] {
  if (rejects.length === 0) return [];
  return [
    ...rejects
      .slice(0, 3)
      .map(({ records, reason }) => `${stream.name}: ${count(records)} rejected: ${reason}.`),
    `  → See them: wecom-warehouse rejects ${stream.name}`,
  ];
}
