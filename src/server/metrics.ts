/** Prometheus text format 0.0.4. */
import { heldRows, rejectedRecords, type StreamState } from '../status.ts';

interface Metric {
  readonly name: string;
  readonly help: string;
  /** null: no sample. */
  value(state: StreamState): number | null;
}

const seconds = (iso: string | null | undefined) => (iso ? Date.parse(iso) / 1000 : null);

const METRICS: readonly Metric[] = [
  {
    name: 'last_success_timestamp_seconds',
    help: 'End of the last successful run of the stream.',
    value: ({ runs }) => seconds(runs?.lastSuccessAt),
  },
  {
    name: 'last_run_timestamp_seconds',
    help: 'End of the last run of the stream, whatever its result.',
    value: ({ runs }) => seconds(runs?.lastRunAt),
  },
  {
    name: 'last_run_succeeded',
    help: '1 when the last run of the stream succeeded, else 0.',
    value: ({ runs }) => (runs ? Number(runs.lastStatus === 'succeeded') : null),
  },
  {
    name: 'last_run_duration_seconds',
    help: 'Duration of the last run of the stream.',
    value: ({ runs }) => (runs ? runs.durationMs / 1000 : null),
  },
  {
    name: 'last_run_api_calls',
    help: 'API calls of the last run of the stream, retries included.',
    value: ({ runs }) => runs?.apiCalls ?? null,
  },
  { name: 'rows', help: 'Current rows over all tables of the stream.', value: ({ rows }) => rows },
  { name: 'held_rows', help: 'Rows that are absent in WeCom and held.', value: heldRows },
  { name: 'rejects', help: 'Records that could not become rows.', value: rejectedRecords },
  {
    name: 'missing_days',
    help: 'Days that a member lacks and that can still be had.',
    value: ({ coverage }) => coverage?.missingDays.length ?? null,
  },
  {
    name: 'at_risk_days',
    help: 'Missing days that WeCom forgets within 14 days.',
    value: ({ coverage }) => coverage?.atRiskDays.length ?? null,
  },
];

export function metricsText(states: readonly StreamState[], running: boolean): string {
  const blocks = METRICS.map(({ name, help, value }) => {
    const samples = states.flatMap((state) => {
      const number = value(state);
      if (number === null) return [];
      const labels = `corp_id="${label(state.corpId)}",stream="${label(state.stream.name)}"`;
      return [`wecom_warehouse_${name}{${labels}} ${number}`];
    });
    return block(name, help, samples);
  });
  const now = block('running', '1 while a run of this service is under way.', [
    `wecom_warehouse_running ${Number(running)}`,
  ]);
  return `${[...blocks, now].join('\n')}\n`;
}

function block(name: string, help: string, samples: readonly string[]): string {
  const full = `wecom_warehouse_${name}`;
  return [`# HELP ${full} ${help}`, `# TYPE ${full} gauge`, ...samples].join('\n');
}

const label = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
