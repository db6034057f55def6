-- Asks inmor-mfa about each request that Apache passes on to {host}: {script_file}

local http = require "socket.http"
local ltn12 = require "ltn12"

local SITE = "{host}"
local GATE = "{gate}/authz/forward"
-- what a site knows people by; whatever a client sends under these names goes no further
local IDENTITY = { {identity} }
local TAKEN_AWAY = { {others} }

local function canonical(name)
    return (name:lower():gsub("_", "-"))
end

local taken_away = {}
for _, names in ipairs({ IDENTITY, TAKEN_AWAY }) do
    for _, name in ipairs(names) do
        taken_away[canonical(name)] = true
    end
end

local HOP = {
    ["connection"] = true, ["content-length"] = true, ["expect"] = true, ["keep-alive"] = true,
    ["te"] = true, ["trailer"] = true, ["transfer-encoding"] = true,
}

function inmor_check(r)
    -- a client does not choose whose rules judge it
    if (r.headers_in["Host"] or ""):lower() ~= SITE then
        return 421
    end
    -- the gate's own pages on this host
    if r.uri:sub(1, 12) == "/.inmor-mfa/" then
        return apache2.DECLINED
    end
    local ask = {}
    for name, value in pairs(r:headers_in_table()) do
        local plain = canonical(name)
        if not HOP[plain] and not plain:find("^x%-forwarded%-") then
            ask[name] = value
        end
        if taken_away[plain] or plain:find("^x%-auth%-") then
            r.headers_in[name] = nil
        end
    end
    ask["X-Forwarded-For"] = r.useragent_ip
    ask["X-Forwarded-Method"] = r.method
    ask["X-Forwarded-Proto"] = r.is_https and "https" or "http"
    ask["X-Forwarded-Host"] = SITE
    ask["X-Forwarded-Uri"] = r.unparsed_uri

    local body = {}
    http.TIMEOUT = 10
    local done, status, headers = http.request({
        url = GATE, headers = ask, redirect = false, sink = ltn12.sink.table(body),
    })
    if done and status == 200 then
        for _, name in ipairs(IDENTITY) do
            local value = headers[name:lower()]
            if value and value ~= "" then
                r.headers_in[name] = value
            end
        end
        return apache2.DECLINED
    end
    if not done or (status ~= 303 and status ~= 401 and status ~= 403) then
        return 503
    end
    r.status = status
    r.content_type = headers["content-type"] or "text/plain"
    for header, name in pairs({ location = "Location", ["set-cookie"] = "Set-Cookie" }) do
        if headers[header] then
            r.headers_out[name] = headers[header]
        end
    end
    r.headers_out["Cache-Control"] = "no-store"
    r:puts(table.concat(body))
    return apache2.DONE
end
