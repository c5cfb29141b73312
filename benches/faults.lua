-- For benches/faults.sh: how many answers of each status there were, and how long the last one took.
local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init()
  counts = ""
  own = {}
end

function response(status)
  own[status] = (own[status] or 0) + 1
  -- A thread hands over only what is a global value of a plain type.
  local parts = {}
  for code, count in pairs(own) do
    parts[#parts + 1] = code .. "=" .. count
  end
  counts = table.concat(parts, " ")
end

function done(summary, latency)
  local all = {}
  for _, thread in ipairs(threads) do
    for code, count in string.gmatch(thread:get("counts"), "(%d+)=(%d+)") do
      all[code] = (all[code] or 0) + tonumber(count)
    end
  end
  for code, count in pairs(all) do
    print("status " .. code .. " " .. count)
  end
  local errors = summary.errors
  print("lost " .. errors.connect + errors.read + errors.write + errors.timeout)
  print("slowest " .. math.floor(latency.max / 1000))
end
