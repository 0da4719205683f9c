import { shanghaiDay } from '../src/days.ts';
import { type NormaliseContext, RecordRejected, type Rows } from '../src/engine/stream.ts';
import { table } from '../src/engine/table.ts';
import type { JsonObject, JsonValue } from '../src/wecom/json.ts';
import { Fields, isNothing, scalarText } from './fields.ts';
import { hash64 } from './hash.ts';

export const checkins = table('checkins', {
  key: { userid: 'text', checkin_date: 'date', punch_hash: 'bigint' },
  columns: {
    checkin_type: 'text',
    checkin_at: 'timestamptz',
    sch_checkin_at: 'timestamptz',
    exception_type: 'text',
    group_id: 'bigint',
    group_name: 'text',
    schedule_id: 'bigint',
    timeline_id: 'bigint',
    location_title: 'text',
    location_detail: 'text',
    latitude: 'numeric',
    longitude: 'numeric',
    wifi_name: 'text',
    wifi_mac: 'text',
    notes: 'text',
    media_ids: 'text[]',
    device_id: 'text',
  },
  userids: { userid: {} },
  extra: true,
});

/**
 * WeCom gives a punch no id, so these fields are its identity (directory-and-oa 7.1). Signed 64-bit hash (`hash64`) of
 * their trimmed texts, joined by U+0000 in this order; absent, null and "" count as 0, because old answers leave out
 * what newer ones send as 0.
 */
export function punchHash(punch: JsonObject): bigint {
  const keys = ['checkin_type', 'checkin_time', 'sch_checkin_time', 'groupid', 'schedule_id', 'timeline_id'];
  return hash64(keys.map((key) => identityText(punch[key])).join('\0'));
}

function identityText(value: JsonValue | undefined): string {
  if (isNothing(value)) return '0';
  return (scalarText(value) ?? JSON.stringify(value)).trim() || '0';
}

/** The Shanghai day of a punch; undefined when its time cannot be read. */
export function punchDay(punch: JsonObject): string | undefined {
  const at = new Fields(punch).time('checkin_time');
  return at ? shanghaiDay(Date.parse(at)) : undefined;
}

/** One element of `checkindata` as a row. */
export function checkinRows(record: JsonObject, context: NormaliseContext): Rows {
  const f = new Fields(record);
  const userid = context.spelling(f.id('userid'));
  const day = punchDay(record);
  if (day === undefined) throw new RecordRejected('checkin_time, part of the key, is no time');
  return {
    checkins: [
      {
        userid,
        checkin_date: day,
        punch_hash: punchHash(record).toString(),
        checkin_type: f.text('checkin_type'),
        checkin_at: f.time('checkin_time'),
        sch_checkin_at: f.time('sch_checkin_time'),
        exception_type: f.text('exception_type'),
        group_id: f.bigint('groupid'),
        group_name: f.text('groupname'),
        schedule_id: f.bigint('schedule_id'),
        timeline_id: f.bigint('timeline_id'),
        location_title: f.text('location_title'),
        location_detail: f.text('location_detail'),
        ...coordinates(f.bigint('lat'), f.bigint('lng')),
        wifi_name: f.text('wifiname'),
        wifi_mac: f.text('wifimac'),
        notes: f.text('notes'),
        media_ids: f.texts('mediaids', (id) => id.trim()),
        device_id: f.optionalId('deviceid'),
        extra: f.rest(),
      },
    ],
  };
}

type Micro = string | null | undefined;

/** Both 0 or absent: no location. */
function coordinates(lat: Micro, lng: Micro): { latitude: string | null; longitude: string | null } {
  const known = [lat, lng].some((micro) => BigInt(micro ?? 0) !== 0n);
  return { latitude: known ? degrees(lat) : null, longitude: known ? degrees(lng) : null };
}

/** Degrees × 1,000,000 as decimal text, without floating point: "31230416" is "31.230416". */
function degrees(micro: Micro): string | null {
  if (micro === null || micro === undefined) return null;
  const sign = micro.startsWith('-') ? '-' : '';
  const digits = micro.replace('-', '').padStart(7, '0');
  return `${sign}${digits.slice(0, -6)}.${digits.slice(-6)}`;
}
