/** Calendar days of Asia/Shanghai (UTC+8, no daylight saving) as day numbers: 0 is 1970-01-01. Times are Unix seconds. */
export const DAY = 86_400;
export const HOUR = 3_600;
const OFFSET = 8 * HOUR;

export function dayOf(seconds: number): number {
  return Math.floor((seconds + OFFSET) / DAY);
}

/** 00:00 of the day. */
export function startOf(day: number): number {
  return day * DAY - OFFSET;
}

/** `YYYY-MM-DD` */
export function dayText(day: number): string {
  return new Date(day * DAY * 1000).toISOString().slice(0, 10);
}

/** 0 = Sunday */
export function weekday(day: number): number {
  return (((day + 4) % 7) + 7) % 7;
}

/** Seconds since 00:00. */
export function secondOfDay(seconds: number): number {
  return seconds + OFFSET - dayOf(seconds) * DAY;
}
