/** Texts for people: times in Shanghai, spans, numbers, day lists. */
import { addDays, type Day, union } from '../days.ts';

const SHANGHAI_MS = 8 * 3_600_000;

/** `2026-11-20 10:30` in Asia/Shanghai. */
export function shanghaiTime(iso: string): string {
  return new Date(Date.parse(iso) + SHANGHAI_MS).toISOString().slice(0, 16).replace('T', ' ');
}

/** `45 s`, `12 min`, `7 h`, `3 d`. */
export function span(ms: number): string {
  const minutes = ms / 60_000;
  if (minutes < 1) return `${Math.max(0, Math.round(ms / 1000))} s`;
  if (minutes < 90) return `${Math.round(minutes)} min`;
  return minutes < 36 * 60 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 1440)} d`;
}

/** `1,234,567` */
export function count(number: number): string {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `2026-11-03 – 2026-11-05, 2026-11-09` */
export function dayList(days: readonly Day[]): string {
  return union(
    days.map((day) => ({ from: day, to: day })),
    [],
  )
    .map(({ from, to }) => (from === to ? from : `${from}${to === addDays(from, 1) ? ', ' : ' – '}${to}`))
    .join(', ');
}
