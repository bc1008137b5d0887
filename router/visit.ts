/** A request, as far as routing it needs. */
export interface Visit {
  readonly method: string;
  /** The only place that the host is read from: `X-Forwarded-Host` and its kind are anybody's to set. */
  readonly url: URL;
  readonly headers: Headers;
}
