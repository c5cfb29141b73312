;;! title = "`response.*` while logging"
;;! spec = "proxy_get_property"
;;! abi = ["0.2.1"]
;;! dialogue = [{ request = { method = "POST", path = "/path?query=1", headers = [["referer", "http://r"], ["user-agent", "test"], ["x-request-id", "id-1"], ["x-many", "a"], ["x-many", "b"]], body = ["body"] } }, { advance = 250 }, { response = { status = 201, headers = [["x-answer", "42"], ["x-answer", "43"], ["grpc-status", "3"]], body = ["answer"], trailers = [["t", "1"]] } }]
(module {{prelude}}
  (func {{export proxy_on_log}}
    {{proxy_get_property "response\00code"}}
    {{proxy_get_property "response\00code_details"}}
    {{proxy_get_property "response\00flags"}}
    {{proxy_get_property "response\00grpc_status"}}
    {{proxy_get_property "response\00size"}}
    {{proxy_get_property "response\00total_size"}}
    {{proxy_get_property "response\00headers_bytes"}}
    {{proxy_get_property "response\00headers\00x-answer"}}
    {{proxy_get_property "response\00headers"}}
    {{proxy_get_property "response\00trailers\00t"}}
    {{proxy_get_property "response\00trailers"}}
    {{proxy_get_property "response\00backend_latency"}}
    {{proxy_get_property "response\00nothing"}}))
