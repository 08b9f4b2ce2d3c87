// Buys credit of a running portal, is refused once, and is answered at the third try: `node test/asks.mjs URL KEY CUSTOMER`.
import { answered, purser, Refused } from "../dist/index.js";

const [url, key, customer, lossy] = process.argv.slice(2);
const keys = new Set();
let failed = 0;
const client = purser({
  url,
  key,
  sleep: async () => {},
  fetch: async (request) => {
    if (request.method === "POST") keys.add(request.headers.get("Idempotency-Key"));
    if (request.method === "POST" && failed++ < 1) throw new TypeError("the line is cut");
    if (request.method === "POST" && failed++ < 3) return new Response("{}", { status: 503 });
    return fetch(request);
  },
});
const path = { customer_id: customer };
const body = { amount: { amount_minor: 2500, currency: "USD" } };
const paid = await answered(client.POST("/v1/customers/{customer_id}/top_ups", { params: { path }, body }));
const read = await answered(
  client.GET("/v1/customers/{customer_id}/payments/{payment_id}", {
    params: { path: { ...path, payment_id: paid.id } },
  }),
);
const once = keys.size;
let refused = [];
try {
  const wrong = { amount: { amount_minor: "x", currency: "USD" } };
  await answered(client.POST("/v1/customers/{customer_id}/top_ups", { params: { path }, body: wrong }));
} catch (problem) {
  if (!(problem instanceof Refused)) throw problem;
  refused = [problem.reason, problem.errors[0].field.split(".")[0]];
}
// Each list and page of settings that needs no more than a customer is read, in every group of operations.
const described = await (await fetch(`${url}/v1/openapi.json`)).json();
const groups = new Set();
for (const [place, { get }] of Object.entries(described.paths)) {
  const needed = (get?.parameters ?? []).filter((each) => each.required).map((each) => each.name);
  if (!get || needed.some((name) => name !== "customer_id")) continue;
  try {
    await answered(client.GET(place, { params: { path } }));
  } catch (problem) {
    if (!(problem instanceof Refused) || problem.status !== 404) throw problem;
  }
  groups.add(get.operationId.split(".")[0]);
}
// What was done and not answered is sent again, and answered as the first time.
const losing = purser({ url: lossy, key, sleep: async () => {} });
const limits = { enabled: true, daily_limit: "60", notify_threshold: null, webhook_url: null, version: 0 };
const settings = { params: { path }, body: limits };
const saved = await answered(losing.PUT("/v1/customers/{customer_id}/spend_management", settings));
// A request in progress is asked for again, after the longest wait at most.
const waited = [];
const underWay = { reason: "request_under_way", detail: "", status: 409, errors: [], request_id: "req_1" };
const busy = purser({
  url,
  key,
  sleep: async (time) => waited.push(time),
  fetch: async (request) =>
    waited.length ? fetch(request) : Response.json(underWay, { status: 409, headers: { "Retry-After": "60" } }),
});
await answered(busy.GET("/v1/customers/{customer_id}", { params: { path } }));
console.log(
  JSON.stringify({
    state: paid.state,
    again: read.id === paid.id,
    refused,
    keys: once,
    groups: [...groups].sort(),
    version: saved.version,
    waited,
  }),
);
