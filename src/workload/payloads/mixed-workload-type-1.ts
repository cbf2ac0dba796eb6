/**
 * The request mix of HotelReservation's load: 60 % /hotels, 39 % /recommendations, 0.5 % /user, 0.5 % /reservation.
 * wrk2 calls `request` once per request. The reservation sends `lat=nil&lon=nil`, as the reference's load does.
 */
export const mixedWorkloadType1 = {
  fileName: 'mixed-workload_type_1.lua',
  lua: `-- Mixed load of HotelReservation for wrk2
local random = math.random

math.randomseed(os.time())
random()

local BASE = "http://localhost:5000"

local DAYS = {}
for number = 1, 30 do
  DAYS[number] = string.format("2015-04-%02d", number)
end

-- a stay of April 2015 that ends on the 24th at the latest
local function stay()
  local from = random(9, 23)
  local to = random(from + 1, 24)
  return DAYS[from], DAYS[to]
end

local function place()
  local lat = 38.0235 + (random(0, 481) - 240.5) / 1000.0
  local lon = -122.095 + (random(0, 325) - 157.0) / 1000.0
  return lat, lon
end

local function account()
  local id = random(0, 500)
  return "Cornell_" .. id, string.rep(tostring(id), 10)
end

local function hotels()
  local from, to = stay()
  local lat, lon = place()
  local path = BASE .. "/hotels?inDate=" .. from .. "&outDate=" .. to .. "&lat=" .. lat .. "&lon=" .. lon
  return wrk.format("GET", path, {}, nil)
end

local function recommendations()
  local draw = random()
  local require = "price"
  if draw < 0.33 then
    require = "dis"
  elseif draw < 0.66 then
    require = "rate"
  end
  local lat, lon = place()
  local path = BASE .. "/recommendations?require=" .. require .. "&lat=" .. lat .. "&lon=" .. lon
  return wrk.format("GET", path, {}, nil)
end

local function login()
  local name, password = account()
  return wrk.format("POST", BASE .. "/user?username=" .. name .. "&password=" .. password, {}, nil)
end

local function reserve()
  local from, to = stay()
  local name, password = account()
  local hotel = tostring(random(1, 80))
  local path = BASE .. "/reservation?inDate=" .. from .. "&outDate=" .. to
    .. "&lat=" .. tostring(nil) .. "&lon=" .. tostring(nil)
    .. "&hotelId=" .. hotel .. "&customerName=" .. name
    .. "&username=" .. name .. "&password=" .. password .. "&number=1"
  return wrk.format("POST", path, {}, nil)
end

request = function()
  local draw = random()
  if draw < 0.6 then
    return hotels()
  elseif draw < 0.99 then
    return recommendations()
  elseif draw < 0.995 then
    return login()
  end
  return reserve()
end
`,
} as const;
