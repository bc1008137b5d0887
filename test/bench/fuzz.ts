/** A hundred thousand odd requests against a slow reference: no wrong file, no foreign key, no crash. */
import { runFuzzer } from "../support/fuzz/campaign.ts";
import type { Bench } from "./main.ts";

const REQUESTS = 100_000;
const SEED = Number(process.env.FUZZ_SEED ?? 20_261_123);

export const benchFuzz: Bench = {
  about:
    "The whole router in this process, with storage and registry in memory. Each answer's status, bytes and Location are\ncompared with those of a slow reference that shares no code with the router. FUZZ_SEED makes other requests.",
  async run(say) {
    say(`seed ${SEED} ...`);
    const { examples, statuses, ...outcome } = await runFuzzer(SEED, REQUESTS);
    for (const example of examples) say(example);
    say(`by status: ${JSON.stringify(statuses)}`);
    return [
      { name: "requests", value: outcome.requests, unit: "", target: "100000" },
      { name: "misroutes", value: outcome.misroutes, unit: "", target: "0" },
      { name: "crashes", value: outcome.crashes, unit: "", target: "0" },
      { name: "foreignKeys", value: outcome.foreignKeys, unit: "", target: "0" },
      { name: "seed", value: SEED, unit: "" },
    ];
  },
};
