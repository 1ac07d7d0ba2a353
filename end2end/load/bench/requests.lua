-- wrk -s requests.lua URL -- TEMPLATE ROWS RUN
-- TEMPLATE: a Lua file, {pieces = {...}, slots = {...}}: the bytes of a request, split at its slots.
-- A slot is the number of a column of ROWS (tab-separated, one row per request, cyclic) or "id", which is unique.
local template, rows, run
local threads = {}
-- Global, so that done() can read it from the thread.
serial = 0

function setup(thread)
  threads[#threads + 1] = thread
end

function init(args)
  template, rows, run = dofile(args[1]), {}, args[3]
  for line in io.lines(args[2]) do
    local row = {}
    for value in line:gmatch("[^\t]+") do row[#row + 1] = value end
    rows[#rows + 1] = row
  end
end

function request()
  local row = rows[serial % #rows + 1]
  serial = serial + 1
  local id = string.format("%s%010d", run, serial)
  local pieces, slots, out = template.pieces, template.slots, {}
  for i = 1, #slots do
    out[2 * i - 1] = pieces[i]
    out[2 * i] = slots[i] == "id" and id or row[slots[i]]
  end
  out[2 * #slots + 1] = pieces[#pieces]
  return table.concat(out)
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"answers":%d,"micros":%d,"p50":%d,"p90":%d,"p99":%d,"made":%d,"refused":%d,"broken":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(90), latency:percentile(99),
    threads[1]:get("serial"), errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
