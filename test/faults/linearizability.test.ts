/** The checker itself: histories that are right, and histories with one fault each, made by hand. */
import { describe, expect, it } from "vitest";
import { applyToChannel, type ChannelInput, type ChannelOutput, channelModel, EMPTY_CHANNEL } from "./channel-model.ts";
import { linearize, type Operation } from "./linearizability.ts";

type Op = Operation<ChannelInput, ChannelOutput>;

/** A is live at revision 1, B and C were live before. */
const START = { ...EMPTY_CHANNEL, rev: 3, live: "A", back: ["B", "C"], whole: ["A", "B", "C"] };

function explain(operations: Op[]): string[] | null {
  return linearize(channelModel(START), operations)?.map(({ label }) => label) ?? null;
}

let made = 0;
function op(input: ChannelInput, output: ChannelOutput | null, invoked: number, returned: number): Op {
  made += 1;
  const label = `${made} ${input.kind}`;
  return { label, input, output, invoked, returned: output === null ? Number.POSITIVE_INFINITY : returned };
}
const at = (rev: number, live: string, changed = true): ChannelOutput => ({ kind: "at", rev, live, changed });
const promote = (deployment: string, more = {}): ChannelInput => ({ kind: "promote", deployment, ...more });
const read = (rev: number, live: string, invoked: number, returned: number) =>
  op({ kind: "read" }, at(rev, live, false), invoked, returned);

describe("histories that are explained", () => {
  it("one after the other", () => {
    expect(explain([op(promote("B"), at(4, "B"), 1, 2), read(4, "B", 3, 4)])).toHaveLength(2);
  });

  it("two flips at the same time, in the order that their revisions tell", () => {
    const second = op(promote("B"), at(5, "B"), 1, 9);
    const first = op(promote("C"), at(4, "C"), 2, 8);
    expect(explain([second, first])).toEqual([first.label, second.label]);
  });

  it("a flip whose answer was lost, and which happened", () => {
    expect(explain([op(promote("B"), null, 1, 0), read(4, "B", 5, 6)])).toHaveLength(2);
  });

  it("a flip whose answer was lost, and which never happened, or happens later", () => {
    expect(explain([op(promote("B"), null, 1, 0), read(3, "A", 5, 6)])).toHaveLength(1);
    expect(explain([op(promote("B"), null, 1, 0), read(3, "A", 5, 6), read(4, "B", 7, 8)])).toHaveLength(3);
  });

  it("a read during a flip may see either side of it", () => {
    for (const seen of [read(3, "A", 2, 3), read(4, "B", 2, 3)]) {
      expect(explain([op(promote("B"), at(4, "B"), 1, 9), seen])).toHaveLength(2);
    }
  });

  it("a repeated request has the first answer, whatever came between", () => {
    const key = { key: "k" };
    const history = [
      op(promote("B", key), at(4, "B"), 1, 2),
      op(promote("C"), at(5, "C"), 3, 4),
      op(promote("B", key), at(4, "B"), 5, 6),
      read(5, "C", 7, 8),
    ];
    expect(explain(history)).toHaveLength(4);
  });

  it("rollbacks walk back along the history, and refusals change nothing", () => {
    const rollback: ChannelInput = { kind: "rollback" };
    const history = [
      op(rollback, at(4, "C"), 1, 2),
      op(rollback, at(5, "B"), 3, 4),
      op(rollback, { kind: "refused", code: "no_earlier_release" }, 5, 6),
      op(promote("A", { expectedRev: 4 }), { kind: "refused", code: "rev_conflict" }, 7, 8),
      op(promote("D"), { kind: "refused", code: "not_retained" }, 9, 10),
      read(5, "B", 11, 12),
    ];
    expect(explain(history)).toHaveLength(6);
  });
});

describe("histories with a fault are refused", () => {
  it.each<[string, Op[]]>([
    ["a lost flip", [op(promote("B"), at(4, "B"), 1, 2), read(3, "A", 3, 4)]],
    ["a flip that is undone later", [op(promote("B"), at(4, "B"), 1, 2), read(4, "B", 3, 4), read(3, "A", 5, 6)]],
    ["a doubled flip", [op(promote("B"), at(4, "B"), 1, 2), read(5, "B", 3, 4)]],
    ["two flips with one revision", [op(promote("B"), at(4, "B"), 1, 9), op(promote("C"), at(4, "C"), 2, 8)]],
    ["flips against the order of time", [op(promote("B"), at(5, "B"), 1, 2), op(promote("C"), at(4, "C"), 3, 4)]],
    ["a read of the future", [read(4, "B", 1, 2), op(promote("B"), at(4, "B"), 3, 4)]],
    ["a revision without its deployment", [op(promote("B"), at(4, "B"), 1, 2), read(4, "C", 3, 4)]],
    ["a stale read", [op({ kind: "publish", deployment: "D" }, at(4, "D"), 1, 2), read(3, "A", 3, 4)]],
    ["an answer lost and the flip doubled", [op(promote("B"), null, 1, 0), read(5, "B", 3, 4)]],
    [
      "a repetition that flips again",
      [
        op(promote("B", { key: "k" }), at(4, "B"), 1, 2),
        op(promote("C"), at(5, "C"), 3, 4),
        op(promote("B", { key: "k" }), at(6, "B"), 5, 6),
      ],
    ],
    [
      "two winners of one expected revision",
      [op(promote("B", { expectedRev: 3 }), at(4, "B"), 1, 9), op(promote("C", { expectedRev: 3 }), at(5, "C"), 2, 8)],
    ],
    ["a rollback to the wrong one", [op({ kind: "rollback" }, at(4, "B"), 1, 2)]],
    ["a refusal without a reason", [op(promote("B"), { kind: "refused", code: "rev_conflict" }, 1, 2)]],
  ])("%s", (_, history) => {
    expect(explain(history)).toBeNull();
  });

  it("also in the middle of a long and busy one", () => {
    const busy = Array.from({ length: 30 }, (_, n) =>
      op(promote(n % 2 === 0 ? "B" : "C"), at(4 + n, n % 2 === 0 ? "B" : "C"), n * 10, n * 10 + 25),
    );
    expect(explain(busy)).toHaveLength(30);
    const broken = busy.map((operation, n) => (n === 17 ? { ...operation, output: at(4 + 16, "C") } : operation));
    expect(explain(broken)).toBeNull();
  });
});

it("the model agrees with the release history of DESIGN: deploy A, B, C, rollback to B, rollback to A", () => {
  let state = EMPTY_CHANNEL;
  const live: (string | null)[] = [];
  const inputs: ChannelInput[] = [
    ...["A", "B", "C"].map((deployment) => ({ kind: "publish", deployment }) as const),
    { kind: "rollback" },
    { kind: "rollback" },
    { kind: "rollback" },
  ];
  for (const input of inputs) {
    state = applyToChannel(state, input).state;
    live.push(state.live);
  }
  expect(live).toEqual(["A", "B", "C", "B", "A", "A"]);
});
