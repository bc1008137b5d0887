/** Findings in plain words, for people who have not heard of e-processes. */

import type { IntegrityFailure, Stratum } from "../../schema/contracts/traffic.ts";
import { FULL_WEIGHT_BPS } from "../../schema/route-record.ts";
import type { Finding, ThresholdFinding } from "./judge.ts";
import { METRICS } from "./metrics.ts";

/** Odds are told up to here; beyond, nobody can tell them apart. */
const LARGEST_ODDS = 1_000_000_000;
const SIGNIFICANT_DIGITS = 2;

/** "17 of 19 visitors with errors were in the 5 % canary; odds 4 000 to 1 against chance" */
export function describeFinding({ metric, strata, logEvidence, threshold }: Finding): string {
  const compared = strata.filter(isCompared);
  const inCanary = sum(compared.map(({ canary }) => canary));
  const inBoth = inCanary + sum(compared.map(({ control }) => control));
  const seenBy = METRICS.find(({ name }) => name === metric)?.seenBy;
  if (inBoth === 0) return `no visitors with ${seenBy} so far`;
  const visitors = `${inCanary} of ${inBoth} visitors with ${seenBy} were in the ${canaryOf(compared)}`;
  return [visitors, oddsOf(logEvidence), ...(threshold ? [describeThreshold(threshold)] : [])].join("; ");
}

export function describeThreshold({ limit, visitors, withErrors, exceeded }: ThresholdFinding): string {
  const rate = `${withErrors} of the canary's ${visitors} visitors met errors`;
  return `${rate}, ${exceeded ? "credibly more" : "not credibly more"} than ${percent(limit)} %`;
}

export function describeIntegrity(failures: readonly IntegrityFailure[]): string {
  const [first] = failures;
  const others = failures.length > 1 ? `, and ${failures.length - 1} more` : "";
  return `${first?.path} of the canary's bundle is ${first?.problem} in storage${others}; that needs no test`;
}

export function describeTooFew(canaryVisitors: number, minVisitors: number): string {
  return `${canaryVisitors} visitors saw the canary, fewer than the ${minVisitors} that a decision needs`;
}

function canaryOf(strata: readonly Stratum[]): string {
  const weights = strata.filter(({ canary, control }) => canary + control > 0).map(({ weightBps }) => weightBps);
  const [lightest = 0, heaviest = 0] = [Math.min(...weights), Math.max(...weights)];
  const [from, to] = [percent(lightest / FULL_WEIGHT_BPS), percent(heaviest / FULL_WEIGHT_BPS)];
  return from === to ? `${from} % canary` : `canary of ${from} to ${to} %`;
}

function isCompared({ weightBps }: Stratum): boolean {
  return weightBps > 0 && weightBps < FULL_WEIGHT_BPS;
}

/** Rounded down: never more than was found. */
function oddsOf(logEvidence: number): string {
  const odds = Math.exp(logEvidence);
  if (odds < 2) return "what chance would do";
  if (odds > LARGEST_ODDS) return `odds of more than ${grouped(LARGEST_ODDS)} to 1 against chance`;
  const unit = Math.max(1, 10 ** (Math.floor(Math.log10(odds)) + 1 - SIGNIFICANT_DIGITS));
  return `odds ${grouped(Math.floor(odds / unit) * unit)} to 1 against chance`;
}

/** 4000 as "4 000". Not by `Intl`, which depends on the machine. */
function grouped(whole: number): string {
  return String(whole).replace(/\B(?=(?:\d{3})+$)/g, " ");
}

/** At most two decimals: a basis point. */
function percent(share: number): string {
  return String(Number((share * 100).toFixed(2)));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
