/** The status page: plain HTML without scripts. Everything that is not ours is escaped. */
import { count, dayList, shanghaiTime, span } from '../cli/format.ts';
import { heldRows, rejectedRecords, type StreamState } from '../status.ts';

export interface ServiceState {
  readonly now: number;
  readonly version: string;
  /** Without user and password. */
  readonly place: string;
  readonly running: string | null;
  readonly next: readonly { readonly name: string; readonly at: Date | null }[];
  readonly streams: readonly StreamState[];
}

export function statusPage(service: ServiceState): string {
  const { now, version, place, running, next, streams } = service;
  const corps = Map.groupBy(streams, (state) => state.corpId);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>wecom-warehouse</title>
<meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="60">
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #222 }
table { border-collapse: collapse; width: 100%; margin: 1rem 0 } th, td { text-align: left; padding: .3rem .8rem .3rem 0;
border-bottom: 1px solid #ddd; vertical-align: top } .n { text-align: right } .bad { color: #b00020; font-weight: 600 }
.quiet { color: #777 }
</style></head><body>
<h1>wecom-warehouse <small class="quiet">${html(version)}</small></h1>
<p>${running === null ? 'Idle.' : `Running: ${html(running)}.`} Database ${html(place)}.
${next.map(({ name, at }) => `Next ${html(name)}: ${at ? shanghaiTime(at.toISOString()) : 'never'}.`).join(' ')}
<span class="quiet">Times are Asia/Shanghai; now ${shanghaiTime(new Date(now).toISOString())}.</span></p>
${[...corps].map(([corpId, states]) => corpTable(corpId, states, now)).join('\n')}
<p class="quiet"><a href="/metrics">metrics</a> · <a href="/healthz">healthz</a> · <a href="/readyz">readyz</a></p>
</body></html>
`;
}

function corpTable(corpId: string, states: readonly StreamState[], now: number): string {
  const titles = ['stream', 'last run', 'last success', 'rows', 'coverage', 'gaps', 'held', 'rejects'];
  return `<h2>${html(corpId)}</h2>
<table><tr>${titles.map((title) => `<th>${title}</th>`).join('')}</tr>
${states.map((state) => streamRow(state, now)).join('\n')}
</table>`;
}

function streamRow(state: StreamState, now: number): string {
  const { stream, runs, rows, coverage } = state;
  const success = runs?.lastSuccessAt ?? null;
  const status = runs?.lastStatus ?? 'never';
  const missing = coverage?.missingDays ?? [];
  const number = (value: number) => `<td class="n">${value === 0 ? '' : count(value)}</td>`;
  return `<tr><td>${html(stream.name)}<br><span class="quiet">${html(stream.label.zh)}</span></td>
<td class="${status === 'succeeded' ? '' : 'bad'}">${html(status)}</td>
<td>${success ? `${shanghaiTime(success)}<br><span class="quiet">${span(now - Date.parse(success))} ago</span>` : ''}</td>
<td class="n">${count(rows)}</td><td>${coverage?.from ? `${coverage.from} – ${coverage.to}` : ''}</td>
<td${missing.length > 0 ? ' class="bad"' : ''}>${html(dayList(missing))}</td>${number(heldRows(state))}${number(rejectedRecords(state))}</tr>`;
}

export function html(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
