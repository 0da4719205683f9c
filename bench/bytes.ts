/** h: bytes of tables and indexes per row, after a first full run. */
import type { Pool } from 'pg';
import { runPipeline, startSimulatorProcess } from './children.ts';
import type { Postgres } from './postgres.ts';
import { companySize } from './relations.ts';
import { type Bound, type Figure, figure } from './report.ts';

/** What stands behind one of the thing, and the tables that hold it; the first one counts it. */
const THINGS: Readonly<Record<string, { readonly tables: readonly string[]; readonly bound?: Bound }>> = {
  relation: { tables: ['customer_follows'], bound: { most: 350 } },
  'relation with its tags': { tables: ['customer_follows', 'customer_follow_tags'] },
  customer: { tables: ['customers'], bound: { most: 400 } },
  'group member': { tables: ['group_chat_members'] },
  punch: { tables: ['checkins'], bound: { most: 400 } },
  approval: {
    tables: [
      'approvals',
      'approval_steps',
      'approval_step_approvers',
      'approval_fields',
      'approval_notifyers',
      'approval_comments',
    ],
  },
};

export async function bytes(postgres: Postgres, size: number): Promise<Figure[]> {
  const company = { ...companySize(size), approvals: 600 };
  const simulator = await startSimulatorProcess({ size: company, latencyMs: 0, quotas: false });
  const warehouse = await postgres.warehouse();
  try {
    const { url, corpId, secret } = simulator;
    await runPipeline({ url, corpId, secret, databaseUrl: warehouse.url, streams: [], unlimited: true });
    const figures: Figure[] = [];
    for (const [thing, { tables, bound }] of Object.entries(THINGS)) {
      const { table, index } = await bytesPerRow(warehouse.pool, tables);
      const more = bound ? { bound } : {};
      figures.push(
        figure('h', `${thing}, of which ${Math.round(index)} in indexes`, table + index, 'bytes', more),
      );
    }
    return figures;
  } finally {
    await simulator.close();
    await warehouse.close();
  }
}

async function bytesPerRow(pool: Pool, tables: readonly string[]): Promise<{ table: number; index: number }> {
  const { rows: counted } = await pool.query<{ n: string }>(`SELECT count(*) AS n FROM wecom.${tables[0]}`);
  const { rows } = await pool.query<{ heap: string; index: string }>(
    `SELECT sum(pg_table_size(c.oid)) AS heap, sum(pg_indexes_size(c.oid)) AS index
     FROM pg_class c WHERE c.relnamespace = 'wecom'::regnamespace AND c.relkind = 'r' AND c.relname = ANY($1)`,
    [tables],
  );
  const count = Number(counted[0]?.n ?? 0);
  return { table: Number(rows[0]?.heap ?? 0) / count, index: Number(rows[0]?.index ?? 0) / count };
}
