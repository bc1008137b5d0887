/** A place among those that are worked on at the same time. */
export type Place = {
  /** From 0, below the number of places. No two holders have the same at a time. */
  readonly index: number;
  /** Once is enough; further calls do nothing. */
  leave(): void;
};

/** A fixed number of places; who finds none waits, first come first served. */
export class Slots {
  readonly #free: number[];
  readonly #waiting: ((index: number) => void)[] = [];

  constructor(count: number) {
    this.#free = Array.from({ length: count }, (_, index) => index);
  }

  get allTaken(): boolean {
    return this.#free.length === 0;
  }

  /** Rejects with the signal's reason when aborted while waiting. */
  async take(signal: AbortSignal): Promise<Place> {
    signal.throwIfAborted();
    const index = this.#free.shift() ?? (await this.#wait(signal));
    let left = false;
    return {
      index,
      leave: () => {
        if (left) return;
        left = true;
        const next = this.#waiting.shift();
        if (next) next(index);
        else this.#free.push(index);
      },
    };
  }

  #wait(signal: AbortSignal): Promise<number> {
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#waiting.splice(this.#waiting.indexOf(go), 1);
        reject(signal.reason);
      };
      const go = (index: number) => {
        signal.removeEventListener("abort", onAbort);
        resolve(index);
      };
      signal.addEventListener("abort", onAbort, { once: true });
      this.#waiting.push(go);
    });
  }
}
