/**
 * What the leak gate and the redaction promise: planted values in every encoding and place, apps as they are scaffolded, random cuts of
 * a log; and what searching costs.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { findLeaks } from "../../builder/leak-gate.ts";
import { createRedaction } from "../../builder/redaction.ts";
import { RelativePath } from "../../schema/relative-path.ts";
import type { Variable } from "../../schema/variable.ts";
import { scaffoldViteApp, type ViteTemplate } from "../support/apps.ts";
import { type AppFiles, type BuildWorld, createJob, runJob, startBuildWorld } from "../support/build-jobs.ts";
import { type Random, seededRandom } from "../support/seeded-random.ts";
import { ROOT } from "../support/world-config.ts";
import { ENCODERS, type NamedValue, noise, sampleValues } from "./environments/canaries.ts";
import { measureMigrations } from "./environments/migrations.ts";
import type { Bench, Figure } from "./main.ts";
import { figure, median, spread } from "./statistics.ts";

const SEED = 20_261_123;
/** Where the gate's reads meet. */
const READ_BYTES = 1024 * 1024;
const CHUNKINGS = 3_000;
const CORPUS_FILES = 16;
const CORPUS_FILE_BYTES = 8 * 1024 * 1024;
const ROUNDS = 7;
const APPS: readonly ViteTemplate[] = ["react-ts", "vanilla-ts"];

export const benchEnvironments: Bench = {
  about:
    "Planted values: every sample value in every encoding, at the beginning, inside and across two reads, each in a file of its\nown. False alarms: scaffolded apps, built by the real builder with variables as people have them. `leakGateMBps`: 128 MiB of\nJavaScript in 16 files against 64 values, warm page cache, median of 7. Redaction: a log with every value in every encoding,\ncut at random. Migrations: halves of files found twice (`doubleApplied`); halves, or rows of the ledger, missing (`halfApplied`).",
  async run(say) {
    const folder = mkdtempSync(join(tmpdir(), "atelier-environments-"));
    try {
      const values = sampleValues(seededRandom(SEED));
      say("planting canaries ...");
      const planted = await plantCanaries(folder, values);
      say("cutting logs ...");
      const cut = cutLogs(values);
      say("searching 128 MiB ...");
      const speed = await measureGate(folder);
      say("building scaffolded apps ...");
      const apps = await buildApps(folder);
      say("migrating ...");
      const migrations = await measureMigrations(say, seededRandom(SEED));
      return [...planted, ...apps, ...speed, ...cut, ...migrations];
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function plantCanaries(folder: string, values: readonly NamedValue[]): Promise<Figure[]> {
  const file = { path: RelativePath.parse("assets/app.js"), diskPath: join(folder, "planted") };
  let [planted, missed] = [0, 0];
  for (const { encode } of ENCODERS) {
    for (const { name, value } of values) {
      const text = Buffer.from(encode(value));
      for (const before of [0, 4_321, READ_BYTES - Math.ceil(text.length / 2)]) {
        writeFileSync(file.diskPath, Buffer.concat([noise(before), text, noise(100)]));
        const found = await findLeaks([file], values);
        planted += 1;
        if (!found.some((leak) => leak.variable === name)) missed += 1;
      }
    }
  }
  return [
    { name: "leakCanaries", value: planted, unit: "" },
    { name: "leakEncodings", value: ENCODERS.length, unit: "" },
    { name: "leaksMissed", value: missed, unit: "", target: "0" },
  ];
}

/** Each chunking has its own log: some values in some encodings, with other text between them. */
function cutLogs(values: readonly NamedValue[]): Figure[] {
  const random = seededRandom(SEED + 1);
  const redaction = createRedaction(values);
  let missed = 0;
  for (let round = 0; round < CHUNKINGS; round += 1) {
    const planted = Array.from({ length: 4 }, () => {
      const text = pick(ENCODERS, random).encode(pick(values, random).value);
      return { text, before: noise(Math.floor(random() * 40)).toString() };
    });
    const log = Buffer.from(planted.map(({ before, text }) => `${before} ${text}\n`).join(""));
    const stream = redaction.stream();
    const out: Buffer[] = [];
    for (let at = 0; at < log.length; ) {
      const end = at + 1 + Math.floor(random() ** 3 * 200);
      out.push(stream.write(log.subarray(at, end)));
      at = end;
    }
    out.push(stream.end());
    const told = Buffer.concat(out).toString();
    // Every value is gone from the text, and from what the text says in base64.
    const isLeft = values.some(({ value }) => planted.some(({ text }) => told.includes(text) || shows(told, value)));
    if (isLeft) missed += 1;
  }
  return [
    { name: "redactionChunkings", value: CHUNKINGS, unit: "" },
    { name: "redactionMisses", value: missed, unit: "", target: "0" },
  ];
}

function shows(text: string, value: string): boolean {
  return [value.trim(), JSON.stringify(value.trim()).slice(1, -1), encodeURIComponent(value.trim())].some((form) =>
    text.includes(form),
  );
}

async function measureGate(folder: string): Promise<Figure[]> {
  const random = seededRandom(SEED + 2);
  const source = readFileSync(largestScript());
  const files = Array.from({ length: CORPUS_FILES }, (_, index) => {
    const diskPath = join(folder, `corpus-${index}`);
    const copies = Math.ceil(CORPUS_FILE_BYTES / source.length);
    const bytes = Buffer.concat(Array.from({ length: copies }, () => source)).subarray(0, CORPUS_FILE_BYTES);
    writeFileSync(diskPath, bytes);
    return { path: RelativePath.parse(`assets/${index}.js`), diskPath };
  });
  const values = [...Array(4).keys()].flatMap((set) =>
    sampleValues(random).map(({ name, value }) => ({ name: `${name}_${set}`, value })),
  );
  const rates: number[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const start = performance.now();
    const found = await findLeaks(files, values.slice(0, 64));
    const seconds = (performance.now() - start) / 1_000;
    if (found.length > 0) throw new Error("a random value stands in a library");
    // The first warms the page cache and the compiler.
    if (round > 0) rates.push((CORPUS_FILES * CORPUS_FILE_BYTES) / 1_000_000 / seconds);
  }
  return [
    { name: "leakGateMBps", value: figure(median(rates)), unit: "MB/s", target: ">= 100" },
    { name: "leakGateMBpsSpread", value: figure(spread(rates)), unit: "MB/s" },
  ];
}

/** Of this checkout's own packages. */
function largestScript(): string {
  return join(ROOT, "node_modules/drizzle-kit/bin.cjs");
}

const TYPICAL: readonly Variable[] = [
  ["DATABASE_URL", "postgres://shop:kJ3nf9sLq0@db.internal.example:5432/shop", "secret"],
  ["SESSION_SECRET", "4f8b1c3a9d2e47f6a0b5c8d1e3f29a7b", "secret"],
  ["STRIPE_SECRET_KEY", "sk_test_51Hx8Jq2eZvKYlo2C0rT9uWbP", "secret"],
  ["SMTP_HOST", "smtp.mailer.example", "private"],
  ["SMTP_PASSWORD", "correct horse battery staple", "secret"],
  ["NODE_ENV", "production", "private"],
  ["LOG_LEVEL", "info", "private"],
  ["PORT", "3000", "private"],
  ["HOST", "localhost", "private"],
  ["AWS_REGION", "eu-central-1", "private"],
  ["TZ", "Europe/Berlin", "private"],
  ["CACHE_TTL", "31536000", "private"],
  ["FEATURE_CHECKOUT", "enabled", "private"],
  ["API_URL", "https://api.shop.example", "private"],
  ["VITE_API_URL", "https://api.shop.example", "private"],
].map(([name = "", value = "", visibility]) => ({ name, value, visibility: visibility as Variable["visibility"] }));

/** Each as it is, and once more with a line that puts a secret into the page: that one must fail. */
async function buildApps(folder: string): Promise<Figure[]> {
  const world = await startBuildWorld({ BUILDER_MAX_JOBS: "1" });
  try {
    let [alarms, builds, leaksMissed] = [0, 0, 0];
    for (const template of APPS) {
      await scaffoldViteApp(join(folder, template), template);
      const files = readApp(join(folder, template));
      builds += 1;
      if ((await restOf(world, files)) !== "built") alarms += 1;
      if ((await restOf(world, withLeak(files))) !== "env_leaked") leaksMissed += 1;
    }
    return [
      { name: "appsBuilt", value: builds, unit: "" },
      { name: "falseAlarms", value: alarms, unit: "", target: "0" },
      { name: "bundledLeaksMissed", value: leaksMissed, unit: "", target: "0" },
    ];
  } finally {
    await world.close();
  }
}

async function restOf(world: BuildWorld, files: AppFiles): Promise<string> {
  const job = await createJob(world, files);
  const { rest } = await runJob(world, { ...job, variables: [...TYPICAL] });
  if (rest.type === "failed" && rest.reason !== "env_leaked") throw new Error(`${rest.reason}: ${rest.detail}`);
  return rest.type === "failed" ? rest.reason : rest.type;
}

function readApp(folder: string): Record<string, Buffer> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(paths.map((path) => [relative(folder, path), readFileSync(path)]));
}

/** The same app with a line that brings a secret into the page. Its types would not allow that. */
function withLeak(files: Readonly<Record<string, Buffer>>): AppFiles {
  const entry = Object.keys(files).find((path) => /^src\/main\.tsx?$/.test(path)) ?? "src/main.ts";
  return {
    ...files,
    "vite.config.ts": "export default { define: { __LEAK__: JSON.stringify(process.env.SMTP_PASSWORD) } };",
    [entry]: `${files[entry]}\nconsole.log(__LEAK__);`,
    "package.json": String(files["package.json"]).replace(/tsc[^&"]*&& /, ""),
  };
}

function pick<T>(list: readonly T[], random: Random): T {
  const chosen = list[Math.floor(random() * list.length)];
  if (chosen === undefined) throw new Error("there is nothing to choose from");
  return chosen;
}
