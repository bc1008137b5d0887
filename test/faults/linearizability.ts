/**
 * Whether a concurrent history could have happened one operation at a time: the search of Wing and Gong (1993) with the
 * memo of Lowe (2017). Pure. An operation takes effect at one moment between its invocation and its answer; one whose
 * answer nobody got may take effect at any moment after its invocation, or never.
 */
export type Operation<I, O> = {
  /** How a person finds it again. */
  readonly label: string;
  readonly input: I;
  /** Null: nobody knows what came of it. */
  readonly output: O | null;
  /** Moments of one clock; `returned` is Infinity when there was no answer. */
  readonly invoked: number;
  readonly returned: number;
};

/** What the operations are meant to do, one at a time. */
export type Model<S, I, O> = {
  readonly initial: S;
  apply(state: S, input: I): { readonly state: S; readonly output: O };
  /** Equal for states that behave alike from here on. */
  keyOf(state: S): string;
  sameOutput(a: O, b: O): boolean;
};

/** @returns the operations that took effect, in an order that explains every answer; null when there is none */
export function linearize<S, I, O>(
  model: Model<S, I, O>,
  operations: readonly Operation<I, O>[],
): Operation<I, O>[] | null {
  const order: Operation<I, O>[] = [];
  const hopeless = new Set<string>();
  return search(model.initial, operations) ? order : null;

  function search(state: S, left: readonly Operation<I, O>[]): boolean {
    if (left.every(({ output }) => output === null)) return true;
    const position = `${left.map((operation) => operations.indexOf(operation)).join()} ${model.keyOf(state)}`;
    if (hopeless.has(position)) return false;
    // Whoever was answered before another one began comes before it.
    const firstAnswer = Math.min(...left.map(({ returned }) => returned));
    for (const next of left.filter(({ invoked }) => invoked <= firstAnswer)) {
      const after = model.apply(state, next.input);
      if (next.output !== null && !model.sameOutput(after.output, next.output)) continue;
      const rest = left.filter((operation) => operation !== next);
      order.push(next);
      if (search(after.state, rest)) return true;
      order.pop();
    }
    hopeless.add(position);
    return false;
  }
}
