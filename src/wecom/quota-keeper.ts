import type { Clock } from '../clock.ts';
import { type QuotaStates, type QuotaWindow, restored, unwitnessed } from './quota.ts';

/** Where the quota states live between two runs (the warehouse's wecom_sync schema). */
export interface QuotaStore {
  load(): Promise<QuotaStates>;
  save(states: QuotaStates): Promise<void>;
}

const SAVE_EVERY_MS = 1000;

/**
 * Carries the quota states over restarts: loads them once, saves them about each second while they change, and at the
 * end. After an unclean stop (`cold`) up to a second is missing in what was saved, so each path starts with its burst
 * used up: then any minute that spans the stop still holds no more calls than its quota.
 */
export class QuotaKeeper {
  readonly #store: QuotaStore | undefined;
  readonly #cold: boolean;
  readonly #clock: Clock;
  readonly #current: () => QuotaStates;
  readonly #onError: (error: unknown) => void;
  readonly #stop = new AbortController();
  #loading: Promise<QuotaStates> | undefined;
  #loaded: QuotaStates = {};
  #dirty = false;
  #saving: Promise<void> | undefined;

  constructor(options: {
    store: QuotaStore | undefined;
    cold: boolean;
    clock: Clock;
    /** The states of the paths in use. */
    current: () => QuotaStates;
    /** A failed save loses nothing but precision: it is reported, and the next save tries again. */
    onError: (error: unknown) => void;
  }) {
    this.#store = options.store;
    this.#cold = options.cold;
    this.#clock = options.clock;
    this.#current = options.current;
    this.#onError = options.onError;
  }

  /** Must be awaited before the first `initial`; rejects when the store cannot be read. */
  async ready(): Promise<void> {
    if (!this.#store) return;
    this.#loading ??= this.#store.load();
    this.#loaded = await this.#loading;
  }

  /** The state with which a path begins. */
  initial(path: string, windows: readonly QuotaWindow[]): readonly number[] {
    const now = this.#clock.now();
    const tats = restored(windows, this.#loaded[path] ?? [], now);
    return this.#cold ? unwitnessed(windows, tats, now) : tats;
  }

  changed(): void {
    this.#dirty = true;
    if (this.#store) this.#saving ??= this.#saveSoon(this.#store);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#saving;
    if (this.#store && this.#dirty) await this.#save(this.#store);
  }

  async #saveSoon(store: QuotaStore): Promise<void> {
    await this.#clock.sleep(SAVE_EVERY_MS, this.#stop.signal).catch(() => undefined);
    if (!this.#stop.signal.aborted) await this.#save(store);
    this.#saving = undefined;
    if (this.#dirty && !this.#stop.signal.aborted) this.changed();
  }

  async #save(store: QuotaStore): Promise<void> {
    this.#dirty = false;
    await store.save({ ...this.#loaded, ...this.#current() }).catch((error: unknown) => {
      this.#dirty = true;
      this.#onError(error);
    });
  }
}
