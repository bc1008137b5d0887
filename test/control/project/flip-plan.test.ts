import { expect, it } from "vitest";
import { diffEntries } from "../../../control/project/flip-plan.ts";
import { digest } from "../../support/samples.ts";

const entries = (values: Record<string, string>) =>
  Object.entries(values).map(([name, value]) => ({ name, value: digest(value), visibility: "private" as const }));

it.each([
  ["nothing", {}, {}, { added: [], removed: [], changed: [] }],
  ["all that is new", {}, { A: "1", B: "2" }, { added: ["A", "B"], removed: [], changed: [] }],
  ["all that goes", { A: "1" }, {}, { added: [], removed: ["A"], changed: [] }],
  ["what has another value", { A: "1", B: "2" }, { A: "1", B: "3" }, { added: [], removed: [], changed: ["B"] }],
  [
    "each once",
    { A: "1", B: "2", C: "3" },
    { B: "4", C: "3", D: "1" },
    { added: ["D"], removed: ["A"], changed: ["B"] },
  ],
])("two snapshots differ in %s", (_, before, after, expected) => {
  expect(diffEntries(entries(before), entries(after))).toEqual(expected);
});
