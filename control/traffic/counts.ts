/**
 * What a `TrafficMeter` has counted, in its SQLite. Every row is a fact with a key of its own, so that a batch that is told
 * twice, or comes late, counts once.
 */
import {
  type CountedProbe,
  type IntegrityFailure,
  MAX_INTEGRITY_FAILURES,
  type MetricCounts,
  type TrafficBatch,
  type TrafficEvent,
  type TrafficMetric,
} from "../../schema/contracts/traffic.ts";

/**
 * Of one metric, from one client network. Fewer than can move the judge to anything at whatever weight (three at 1 % can), so
 * that no single address, which can be as many visitors as it likes, decides.
 */
export const EVENTS_A_NETWORK = 2;
/** Of one metric. The judge has seen enough long before; what comes later counts in neither arm. */
export const MAX_EVENTS = 100_000;
/** Control sends one per arm in half a minute and reads within seconds. */
const KEPT_PROBES = 50;

type Sql = Pick<SqlStorage, "exec">;

export class Counts {
  readonly #sql: Sql;
  #events: Map<TrafficMetric, number> | null = null;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Whether there is anything to count in: asking an object that holds nothing should not make it hold something. */
  exist(): boolean {
    return this.#sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'events'").toArray().length > 0;
  }

  create(): void {
    this.#sql.exec(
      "CREATE TABLE IF NOT EXISTS events (metric TEXT, visitor INTEGER, network INTEGER, arm TEXT NOT NULL, weight_bps INTEGER NOT NULL, PRIMARY KEY (metric, visitor)) WITHOUT ROWID",
    );
    this.#sql.exec("CREATE INDEX IF NOT EXISTS events_by_network ON events (metric, network)");
    this.#sql.exec("CREATE TABLE IF NOT EXISTS integrity_failures (path TEXT PRIMARY KEY, problem TEXT NOT NULL)");
    this.#sql.exec("CREATE TABLE IF NOT EXISTS probes (probe TEXT, arm TEXT, PRIMARY KEY (probe, arm))");
  }

  add({ events, integrityFailures, countedProbes }: TrafficBatch): void {
    for (const event of events) this.#addEvent(event);
    for (const { path, problem } of integrityFailures) {
      this.#sql.exec(
        "INSERT OR IGNORE INTO integrity_failures SELECT ?, ? WHERE (SELECT count(*) FROM integrity_failures) < ?",
        path,
        problem,
        MAX_INTEGRITY_FAILURES,
      );
    }
    for (const { probe, arm } of countedProbes) {
      this.#sql.exec("INSERT OR IGNORE INTO probes (probe, arm) VALUES (?, ?)", probe, arm);
    }
    if (countedProbes.length > 0) {
      this.#sql.exec("DELETE FROM probes WHERE rowid <= (SELECT max(rowid) FROM probes) - ?", KEPT_PROBES);
    }
  }

  metrics(): MetricCounts[] {
    const rows = this.#sql.exec<{ metric: TrafficMetric; weightBps: number; canary: number; control: number }>(
      "SELECT metric, weight_bps AS weightBps, sum(arm = 'canary') AS canary, sum(arm = 'control') AS control FROM events GROUP BY metric, weight_bps ORDER BY metric, weight_bps",
    );
    const byMetric = Map.groupBy(rows.toArray(), ({ metric }) => metric);
    return [...byMetric].map(([metric, strata]) => ({
      metric,
      strata: strata.map(({ weightBps, canary, control }) => ({ weightBps, canary, control })),
    }));
  }

  integrityFailures(): IntegrityFailure[] {
    return this.#sql
      .exec<{ path: string; problem: IntegrityFailure["problem"] }>("SELECT path, problem FROM integrity_failures")
      .toArray()
      .map(({ path, problem }) => ({ path, problem }));
  }

  countedProbes(): CountedProbe[] {
    return this.#sql
      .exec<{ probe: string; arm: CountedProbe["arm"] }>("SELECT probe, arm FROM probes ORDER BY rowid")
      .toArray()
      .map(({ probe, arm }) => ({ probe, arm }));
  }

  /** A visitor's first event of a metric, unless its network has had its share. Neither depends on the arm, which stays a fair coin. */
  #addEvent({ metric, visitor, network, arm, weightBps }: TrafficEvent): void {
    const held = this.#held();
    const count = held.get(metric) ?? 0;
    if (count >= MAX_EVENTS) return;
    const added = this.#sql.exec(
      "INSERT OR IGNORE INTO events (metric, visitor, network, arm, weight_bps) SELECT ?1, ?2, ?3, ?4, ?5 WHERE (SELECT count(*) FROM events WHERE metric = ?1 AND network = ?3) < ?6 RETURNING visitor",
      metric,
      visitor,
      network,
      arm,
      weightBps,
      EVENTS_A_NETWORK,
    );
    held.set(metric, count + added.toArray().length);
  }

  /** Counted once in the life of the object: a count of all rows with every batch would read them all. */
  #held(): Map<TrafficMetric, number> {
    this.#events ??= new Map(
      this.#sql
        .exec<{ metric: TrafficMetric; count: number }>("SELECT metric, count(*) AS count FROM events GROUP BY metric")
        .toArray()
        .map(({ metric, count }) => [metric, count]),
    );
    return this.#events;
  }
}
