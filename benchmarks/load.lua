-- What the clients of wrk ask: each customer in turn, and after an answer what follows from it.
-- Arguments: a file with a customer a line, a mark that no other run has, a key, path, body, the path that follows, and
-- `keyed` where each request has an Idempotency-Key of its own.

local threads = {}

function setup(thread)
  threads[#threads + 1] = thread
  thread:set("number", #threads)
end

function init(args)
  customers, due, count, refused = {}, {}, 0, 0
  for line in io.lines(args[1]) do customers[#customers + 1] = line end
  mark, path, body, following = args[2], args[4], args[5], args[6]
  keyed, asked = args[7] == "keyed", 0
  headers = { ["Authorization"] = "Bearer " .. args[3], ["Content-Type"] = "application/json" }
end

local function filled(text)
  local customer = customers[count % #customers + 1]
  return (text:gsub("CUSTOMER", customer):gsub("NUMBER", mark .. "-" .. number .. "-" .. count))
end

function request()
  if keyed then
    asked = asked + 1
    headers["Idempotency-Key"] = mark .. "-" .. number .. "-" .. asked
  end
  if #due > 0 then
    return wrk.format("POST", (following:gsub("ANSWER", table.remove(due))), headers, "")
  end
  count = count + 1
  return wrk.format("POST", filled(path), headers, filled(body))
end

function response(status, _, said)
  if status ~= 200 or said:find('"allowed": ?false') then refused = refused + 1 end
  if following ~= "" and said:find('"held"') then
    due[#due + 1] = said:match('"authorization": ?"([^"]+)"')
  end
end

function done(summary, latency)
  local no = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  for _, thread in ipairs(threads) do no = no + thread:get("refused") end
  io.write(string.format('{"requests": %d, "seconds": %.6f, "slow": %.6f, "refused": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(99) / 1e6, no))
end
