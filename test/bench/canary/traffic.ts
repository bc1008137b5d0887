/** Kinds of traffic, as populations of visitors. In all of them the control arm's error rate is about 0.5 %. */

export const BASE_ERROR_RATE = 0.005;
/** On average over a ramp of three stages of ten minutes. */
const REQUESTS_PER_VISITOR = 20;
const REQUESTS_PER_BUSY_VISITOR = 60;
const RAMP_SECONDS = 1_800;

export type Population = {
  /** Null: every request is another visitor's. */
  readonly visitors: number | null;
  readonly requestsPerSecond: number;
  /** The chance that a request of the control arm fails. `progress` goes from 0 to 1 over the ramp. */
  errorRate(at: { readonly progress: number; readonly weightBps: number }): number;
};

export type Traffic = {
  readonly name: string;
  readonly about: string;
  populations(requestsPerSecond: number): Population[];
};

export const INDEPENDENT: Traffic = {
  name: "independent",
  about: "every request is another visitor's",
  populations: (requestsPerSecond) => [{ visitors: null, requestsPerSecond, errorRate: () => BASE_ERROR_RATE }],
};

export const STICKY: Traffic = {
  name: "sticky",
  about: "visitors come back, 20 requests each on average; a tenth of them make half of all requests",
  populations: (requestsPerSecond) => returning(requestsPerSecond, () => BASE_ERROR_RATE),
};

/** The same requests of a third of the visitors: the fewer there are, the fewer can tell the arms apart. */
export const BUSY: Traffic = {
  name: "busy",
  about: "sticky, 60 requests each",
  populations: (requestsPerSecond) => returning(requestsPerSecond, () => BASE_ERROR_RATE, REQUESTS_PER_BUSY_VISITOR),
};

/** What may happen to a good build. */
export const TRAFFIC: readonly Traffic[] = [
  INDEPENDENT,
  STICKY,
  {
    name: "failing client",
    about: "sticky, and one client that asks for a broken URL once a second",
    populations: (requestsPerSecond) => [
      ...STICKY.populations(requestsPerSecond),
      { visitors: 1, requestsPerSecond: 1, errorRate: () => 1 },
    ],
  },
  {
    name: "broken visitors",
    about: "one visitor in 200 meets only errors, the others none",
    populations: (requestsPerSecond) => [
      ...returning(requestsPerSecond * (1 - BASE_ERROR_RATE), () => 0),
      {
        visitors: visitorsOf(requestsPerSecond * BASE_ERROR_RATE),
        requestsPerSecond: requestsPerSecond * BASE_ERROR_RATE,
        errorRate: () => 1,
      },
    ],
  },
  {
    name: "shared incident",
    about: "sticky; in the second stage every fifth request fails for two minutes, in both arms",
    populations: (requestsPerSecond) =>
      returning(requestsPerSecond, ({ progress }) => (progress >= 0.4 && progress < 0.467 ? 0.2 : BASE_ERROR_RATE)),
  },
  {
    name: "drift",
    about: "sticky; the error rate of both arms rises threefold over the ramp",
    populations: (requestsPerSecond) =>
      returning(requestsPerSecond, ({ progress }) => BASE_ERROR_RATE * (1 + 2 * progress)),
  },
  {
    name: "from 25 %",
    about: "sticky; no errors in either arm until the canary has 25 %",
    populations: (requestsPerSecond) =>
      returning(requestsPerSecond, ({ weightBps }) => (weightBps >= 2_500 ? BASE_ERROR_RATE : 0)),
  },
];

/** Two populations: few visitors that ask often, many that ask rarely. */
function returning(
  requestsPerSecond: number,
  errorRate: Population["errorRate"],
  requestsPerVisitor = REQUESTS_PER_VISITOR,
): Population[] {
  const visitors = visitorsOf(requestsPerSecond, requestsPerVisitor);
  const often = Math.round(visitors / 10);
  return [
    { visitors: often, requestsPerSecond: requestsPerSecond / 2, errorRate },
    { visitors: visitors - often, requestsPerSecond: requestsPerSecond / 2, errorRate },
  ];
}

function visitorsOf(requestsPerSecond: number, requestsPerVisitor = REQUESTS_PER_VISITOR): number {
  return Math.max(1, Math.round((requestsPerSecond * RAMP_SECONDS) / requestsPerVisitor));
}
