/** Nights that pass: a warehouse whose clock goes from one run to the next, up to the real today. */
import { addDays, type Day, shanghaiDay, startOfDay } from '../../src/days.ts';
import type { SimulatorOptions } from '../../src/simulator/index.ts';
import type { SyncResult } from '../../src/sync.ts';
import { openWarehouse, type Warehouse } from './warehouse.ts';

/** `status` and the views reckon from the real today, so the simulated time ends there. */
export const TODAY = shanghaiDay(Date.now());

/** The streams that WeCom forgets. */
export const STATISTICS = ['user_behavior_daily', 'group_chat_owner_daily'] as const;

const instant = (day: Day, hour: number): number => (startOfDay(day) + hour * 3600) * 1000;

export interface Calendar {
  readonly warehouse: Warehouse;
  /** The statistics are read on that day: at night (02:30), or in the morning (08:30), when yesterday is final. */
  night(day: Day): Promise<SyncResult>;
  morning(day: Day): Promise<SyncResult>;
  /** A run at night that is stopped at so many calls for the figures of members; how it ended. */
  stopped(day: Day, calls: number): Promise<SyncResult>;
}

export async function openCalendar(first: Day, options: SimulatorOptions): Promise<Calendar> {
  const warehouse = await openWarehouse(options, instant(first, 0));
  const { sim, clock } = warehouse;
  const at = async (day: Day, hour: number, signal = new AbortController().signal) => {
    await clock.sleep(instant(day, hour) - clock.now());
    return warehouse.run({ streams: STATISTICS, signal });
  };
  return {
    warehouse,
    night: (day) => at(day, 2.5),
    morning: (day) => at(day, 8.5),
    async stopped(day, calls) {
      const stop = new AbortController();
      let asked = 0;
      const match = () => {
        asked += 1;
        if (asked === calls) stop.abort(new Error('stopped by the test'));
        return false;
      };
      sim.faults.inject({
        path: 'externalcontact/get_user_behavior_data',
        kind: { slowMs: 0 },
        times: Number.POSITIVE_INFINITY,
        match,
      });
      try {
        return await at(day, 2.5, stop.signal);
      } finally {
        sim.faults.clear();
      }
    },
  };
}

/** The days from `from` to `to` counted back from today, both included. */
export const back = (days: number): Day => addDays(TODAY, -days);
