/** Types of the tables of `wecom_sync`, for typed queries. The migrations create them. */
export interface SyncDatabase {
  'wecom_sync.runs': {
    corp_id: string;
    run_id: string;
    cycle: string;
    started_at: Date | string;
    finished_at: Date | string | null;
    status: string;
    options: string;
    version: string;
  };
  'wecom_sync.run_streams': {
    corp_id: string;
    run_id: string;
    stream: string;
    status: string;
    started_at: Date | string;
    finished_at: Date | string;
    api_calls: number | string;
    pages: number | string;
    records: number | string;
    inserted: number | string;
    updated: number | string;
    unchanged: number | string;
    deleted: number | string;
    rejected: number | string;
    expected: number | string;
    received: number | string;
    explained: number | string;
    error: string | null;
    notes: string | null;
    counts: string | null;
  };
  'wecom_sync.progress': {
    corp_id: string;
    stream: string;
    unit: string;
    cycle: string | null;
    completed_at: Date | string | null;
    rows: number | string;
    covered: string;
    provisional: string;
    lost: string;
    lost_reasons: string;
    cycle_days: string;
    closed: string | null;
  };
  'wecom_sync.absences': {
    corp_id: string;
    stream: string;
    table_name: string;
    key: string;
    unit: string;
    cycle: string;
    held_since: Date | string | null;
    reason: string | null;
    last_shown_at: Date | string | null;
  };
  'wecom_sync.rejects': {
    corp_id: string;
    stream: string;
    reject_id: string;
    run_id: string;
    unit: string | null;
    reason: string;
    payload: string;
    days: string | null;
    first_seen_at: Date | string;
    last_seen_at: Date | string;
  };
  'wecom_sync.quotas': { corp_id: string; path: string; state: string };
  'wecom_sync.tombstone_salts': { corp_id: string; salt: string };
  'wecom_sync.tombstones': {
    corp_id: string;
    person: string;
    hash: string;
    kind: string;
    part: 'id' | 'contact' | 'name';
    length: number;
    forgotten_at: Date | string;
  };
}
