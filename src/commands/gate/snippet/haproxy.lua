-- Asks inmor-mfa about each request that HAProxy passes on to a site: {script_file}

local GATE = "{gate}/authz/forward"
-- what a site knows people by; whatever a client sends under these names goes no further
local IDENTITY = { {identity} }
local TAKEN_AWAY = { {others} }

-- with more than tune.http.maxhdr (101) of them, its own among them, HAProxy's client for HTTP ends HAProxy
local MOST_FIELDS = 80

local function canonical(name)
    return (name:lower():gsub("_", "-"))
end

local taken_away = {}
for _, names in ipairs({ IDENTITY, TAKEN_AWAY }) do
    for _, name in ipairs(names) do
        taken_away[canonical(name)] = true
    end
end

local function values(header)
    local list = {}
    for _, value in pairs(header) do
        list[#list + 1] = value
    end
    return list
end

local function deny(txn, status)
    local reply = txn:reply({ status = status })
    reply:add_header("cache-control", "no-store")
    txn:done(reply)
end

local HOP = {
    ["connection"] = true, ["content-length"] = true, ["expect"] = true, ["host"] = true,
    ["keep-alive"] = true, ["te"] = true, ["trailer"] = true, ["transfer-encoding"] = true,
}

core.register_action("inmor_check", { "http-req" }, function(txn)
    local site = txn:get_var("txn.inmor_site")
    local sent = txn.http:req_get_headers()
    local ask, fields = {}, 0
    for name, header in pairs(sent) do
        local plain = canonical(name)
        if not HOP[plain] and not plain:find("^x%-forwarded%-") then
            ask[name] = values(header)
            fields = fields + #ask[name]
        end
        if taken_away[plain] or plain:find("^x%-auth%-") then
            txn.http:req_del_header(name)
        end
    end
    if fields > MOST_FIELDS then
        return deny(txn, 431)
    end
    ask["host"] = { site }
    ask["x-forwarded-for"] = { txn.f:src() }
    ask["x-forwarded-method"] = { txn.f:method() }
    ask["x-forwarded-proto"] = { txn.f:ssl_fc() == 1 and "https" or "http" }
    ask["x-forwarded-host"] = { site }
    ask["x-forwarded-uri"] = { txn.f:pathq() }

    local answer = core.httpclient():get({ url = GATE, headers = ask, timeout = 10000 })
    local status = answer and tonumber(answer.status) or 0
    if status == 200 then
        for _, name in ipairs(IDENTITY) do
            local header = answer.headers[name:lower()]
            local value = header and values(header)[1]
            if value and value ~= "" then
                txn.http:req_set_header(name, value)
            end
        end
        -- HAProxy goes on when a script fails; without this it then lets nobody in
        txn:set_var("txn.inmor_ok", true)
        return
    end
    if status ~= 303 and status ~= 401 and status ~= 403 then
        return deny(txn, 503)
    end
    local reply = txn:reply({ status = status })
    for _, name in ipairs({ "location", "set-cookie", "content-type", "cache-control" }) do
        for _, value in pairs(answer.headers[name] or {}) do
            reply:add_header(name, value)
        end
    end
    reply:set_body(answer.body or "")
    txn:done(reply)
end, 0)
