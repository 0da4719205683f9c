/**
 * Reading and loading overlap: while one batch is written, the next one fills; whoever would start a third one waits.
 * So at most two batches are in memory, and commits happen in the order of the steps, which keeps progress behind the
 * rows that it proves.
 */
export class Lane<B> {
  private current: B;
  private writing: Promise<void> = Promise.resolve();
  private failure: { readonly error: unknown } | null = null;
  /** While a full batch waits for the one before it. Never rejects. */
  private waiting: Promise<void> | null = null;
  private readonly parts: LaneParts<B>;

  constructor(parts: LaneParts<B>) {
    this.parts = parts;
    this.current = parts.create();
  }

  /** Adds to the current batch; waits when it is full and the one before is still being written. */
  async add(change: (batch: B) => void): Promise<void> {
    // Several readers share a lane: while one waits, the others must not fill a third batch.
    while (this.waiting !== null) await this.waiting;
    this.throwFailure();
    change(this.current);
    if (this.parts.full(this.current)) await this.turn();
  }

  /** Writes what is there and waits until it is committed. */
  async flush(): Promise<void> {
    if (!this.parts.empty(this.current)) await this.turn();
    await this.writing;
    this.throwFailure();
  }

  private async turn(): Promise<void> {
    const batch = this.current;
    this.current = this.parts.create();
    const before = this.writing;
    this.writing = before.then(async () => {
      if (this.failure) return;
      try {
        await this.parts.write(batch);
      } catch (error) {
        this.failure = { error };
      }
    });
    this.waiting = before;
    await before;
    this.waiting = null;
    this.throwFailure();
  }

  private throwFailure(): void {
    if (this.failure) throw this.failure.error;
  }
}

export interface LaneParts<B> {
  readonly create: () => B;
  readonly full: (batch: B) => boolean;
  readonly empty: (batch: B) => boolean;
  readonly write: (batch: B) => Promise<void>;
}
