/** What a channel is meant to be: one register that holds a revision and the live deployment, with the way back. */
import type { Model } from "./linearizability.ts";

export type ChannelInput =
  | { readonly kind: "read" }
  /** A deployment's own way to live, at the end of its build. */
  | { readonly kind: "publish"; readonly deployment: string }
  | ({ readonly kind: "promote"; readonly deployment: string } & Request)
  | ({ readonly kind: "rollback" } & Request);

type Request = { readonly expectedRev?: number; readonly key?: string };

export type ChannelOutput =
  | { readonly kind: "at"; readonly rev: number; readonly live: string | null; readonly changed: boolean }
  | { readonly kind: "refused"; readonly code: string };

export type ChannelState = {
  readonly rev: number;
  readonly live: string | null;
  /** Where rollback leads, the nearest last. */
  readonly back: readonly string[];
  /** What was ever live: only that can be promoted. */
  readonly whole: readonly string[];
  /** The first answers to requests that may be repeated. */
  readonly answers: Readonly<Record<string, ChannelOutput>>;
};

export const EMPTY_CHANNEL: ChannelState = { rev: 0, live: null, back: [], whole: [], answers: {} };

type Step = { readonly state: ChannelState; readonly output: ChannelOutput };

export function channelModel(initial: ChannelState): Model<ChannelState, ChannelInput, ChannelOutput> {
  return {
    initial,
    apply: applyToChannel,
    keyOf: (state) => JSON.stringify([state.rev, state.live, state.back, state.whole, state.answers]),
    sameOutput: (a, b) => JSON.stringify(a) === JSON.stringify(b),
  };
}

export function applyToChannel(state: ChannelState, input: ChannelInput): Step {
  if (input.kind === "read") return { state, output: at(state, false) };
  if (input.kind === "publish") return flip(state, input.deployment, pushed(state));
  const earlier = input.key === undefined ? undefined : state.answers[input.key];
  if (earlier) return { state, output: earlier };
  const step = change(state, input);
  if (input.key === undefined || step.output.kind === "refused") return step;
  return { ...step, state: { ...step.state, answers: { ...step.state.answers, [input.key]: step.output } } };
}

function change(state: ChannelState, input: Extract<ChannelInput, { kind: "promote" | "rollback" }>): Step {
  const refuse = (code: string): Step => ({ state, output: { kind: "refused", code } });
  if (input.expectedRev !== undefined && input.expectedRev !== state.rev) return refuse("rev_conflict");
  if (input.kind === "rollback") {
    if (state.live === null) return refuse("channel_not_found");
    const target = state.back.at(-1);
    return target === undefined ? refuse("no_earlier_release") : flip(state, target, state.back.slice(0, -1));
  }
  if (input.deployment === state.live) return { state, output: at(state, false) };
  if (!state.whole.includes(input.deployment)) return refuse("not_retained");
  return flip(state, input.deployment, pushed(state));
}

function flip(state: ChannelState, deployment: string, back: readonly string[]): Step {
  const whole = [...new Set([...state.whole, deployment])].sort();
  const after = { ...state, rev: state.rev + 1, live: deployment, back, whole };
  return { state: after, output: at(after, true) };
}

function pushed({ live, back }: ChannelState): readonly string[] {
  return live === null ? back : [...back, live];
}

function at({ rev, live }: ChannelState, changed: boolean): ChannelOutput {
  return { kind: "at", rev, live, changed };
}
