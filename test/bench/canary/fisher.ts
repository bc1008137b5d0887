/** Fisher's exact test: the chance of at least so many of the errors in the canary, if errors fall on requests at random. */
export function fisherUpperTail(table: {
  canary: number;
  control: number;
  canaryErrors: number;
  controlErrors: number;
}): number {
  const { canary, control, canaryErrors } = table;
  const errors = canaryErrors + table.controlErrors;
  const log =
    logChoose(canary, canaryErrors) + logChoose(control, errors - canaryErrors) - logChoose(canary + control, errors);
  let term = Math.exp(log);
  let tail = 0;
  for (let x = canaryErrors; x <= Math.min(canary, errors); x++) {
    tail += term;
    // The next term from this one: far cheaper than three binomials.
    term *= ((canary - x) * (errors - x)) / ((x + 1) * (control - errors + x + 1));
    if (term < tail * Number.EPSILON) break;
  }
  return Math.min(1, tail);
}

/** Logarithms of factorials, grown as needed: 200 requests per second over a ramp are 360 000. */
let logFactorials = new Float64Array(1);

function logFactorial(n: number): number {
  if (n >= logFactorials.length) {
    const grown = new Float64Array(Math.max(2 * logFactorials.length, n + 1));
    grown.set(logFactorials);
    for (let k = logFactorials.length; k < grown.length; k++) grown[k] = (grown[k - 1] ?? 0) + Math.log(k);
    logFactorials = grown;
  }
  return logFactorials[n] ?? 0;
}

function logChoose(n: number, k: number): number {
  return logFactorial(n) - logFactorial(k) - logFactorial(n - k);
}
