/** A typed client of the Billing API for hosts on Node: each request is sent again safely, and refusals have their fields. */
import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "./schema.js";

export type { components, paths } from "./schema.js";
export type Problem = components["schemas"]["Problem"];
export type Purser = Client<paths, `${string}/${string}`>;

export interface Options {
  /** Where the portal is, such as `https://billing.example.com`. */
  url: string;
  /** A key of the API. It belongs on servers, never in a browser. */
  key: string;
  /** How often a request is sent again that got no answer, or 429, 503 or 409 `request_under_way`. */
  retries?: number;
  /** How long one try may take, in milliseconds. */
  timeout?: number;
  /** The longest wait before a try, in milliseconds; a longer `Retry-After` is the caller's to keep, but for a request in progress. */
  longestWait?: number;
  fetch?: (request: Request) => Promise<Response>;
  sleep?: (milliseconds: number) => Promise<void>;
}

/** Purser said no. */
export class Refused extends Error {
  readonly status: number;
  readonly reason: string;
  readonly errors: Problem["errors"];
  readonly requestId: string;
  readonly retryAfter: number | null;

  constructor(problem: Problem, retryAfter: number | null) {
    super(problem.detail);
    this.name = "Refused";
    this.status = problem.status;
    this.reason = problem.reason;
    this.errors = problem.errors;
    this.requestId = problem.request_id;
    this.retryAfter = retryAfter;
  }
}

/** No answer, or none that can be used: whether it was done is not known. */
export class Unavailable extends Error {
  readonly retryAfter: number | null;

  constructor(words: string, retryAfter: number | null = null, cause?: unknown) {
    super(words, { cause });
    this.name = "Unavailable";
    this.retryAfter = retryAfter;
  }
}

/** Return a client of one portal with one key. */
export function purser(options: Options): Purser {
  return createClient<paths>({
    baseUrl: options.url.replace(/\/+$/, ""),
    headers: { Authorization: `Bearer ${options.key}` },
    fetch: (request: Request) => send(request, options),
  });
}

/** Return the data of an answer, or throw the problem that it is. */
export async function answered<Data>(
  asked: Promise<{ data?: Data; error?: unknown; response: Response }>,
): Promise<Data> {
  const { data, error, response } = await asked;
  if (response.ok) return data as Data;
  const wait = secondsOf(response);
  if (response.status >= 500 || !isProblem(error)) throw new Unavailable(`status ${response.status}`, wait);
  throw new Refused(error, wait);
}

/** Send a request until it is answered, with one key: it happens once, however often it is sent. */
async function send(first: Request, options: Options): Promise<Response> {
  const { retries = 2, timeout = 10_000, longestWait = 30_000 } = options;
  const sleep = options.sleep ?? ((time) => new Promise((done) => setTimeout(done, time)));
  const ask = options.fetch ?? fetch;
  const body = first.body ? await first.arrayBuffer() : null;
  const headers = new Headers(first.headers);
  if (first.method !== "GET" && !headers.has("Idempotency-Key")) headers.set("Idempotency-Key", crypto.randomUUID());
  for (let tries = 0; ; tries += 1) {
    const pause = Math.min(longestWait, 250 * 2 ** tries * (0.5 + Math.random() / 2));
    let answer: Response;
    try {
      const signal = AbortSignal.timeout(timeout);
      answer = await ask(new Request(first.url, { method: first.method, headers, body, signal, redirect: "error" }));
    } catch (problem) {
      if (tries >= retries) throw new Unavailable(String(problem), null, problem);
      await sleep(pause);
      continue;
    }
    if (tries >= retries || !(await mayBeSentAgain(answer))) return answer;
    const wait = secondsOf(answer);
    // A request in progress may be done sooner than its `Retry-After`; a limit is not lifted sooner.
    if (wait !== null && wait * 1000 > longestWait && answer.status !== 409) return answer;
    await sleep(wait === null ? pause : Math.min(wait * 1000, longestWait));
  }
}

async function mayBeSentAgain(answer: Response): Promise<boolean> {
  if (answer.status === 429 || answer.status === 503) return true;
  if (answer.status !== 409) return false;
  const said: unknown = await answer.clone().json().catch(() => null);
  return isProblem(said) && said.reason === "request_under_way";
}

function secondsOf(answer: Response): number | null {
  const said = answer.headers.get("Retry-After") ?? "";
  return /^\d{1,6}$/.test(said) ? Number(said) : null;
}

function isProblem(value: unknown): value is Problem {
  return typeof value === "object" && value !== null && "reason" in value && "detail" in value;
}
