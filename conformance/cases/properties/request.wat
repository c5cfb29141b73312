;;! title = "`request.*` in the phases of a stream"
;;! spec = "proxy_get_property"
;;! abi = ["0.2.1"]
;;! dialogue = [{ request = { method = "POST", path = "/path?query=1", headers = [["referer", "http://r"], ["user-agent", "test"], ["x-request-id", "id-1"], ["x-many", "a"], ["x-many", "b"]], body = ["body"] } }, { advance = 250 }, { response = { status = 201, headers = [["x-answer", "42"], ["x-answer", "43"], ["grpc-status", "3"]], body = ["answer"], trailers = [["t", "1"]] } }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_get_property "request\00path"}}
    {{proxy_get_property "request\00url_path"}}
    {{proxy_get_property "request\00query"}}
    {{proxy_get_property "request\00host"}}
    {{proxy_get_property "request\00scheme"}}
    {{proxy_get_property "request\00method"}}
    {{proxy_get_property "request\00referer"}}
    {{proxy_get_property "request\00useragent"}}
    {{proxy_get_property "request\00id"}}
    {{proxy_get_property "request\00protocol"}}
    {{proxy_get_property "request\00headers\00x-many"}}
    {{proxy_get_property "request\00headers\00Host"}}
    {{proxy_get_property "request\00headers\00missing"}}
    {{proxy_get_property "request\00headers"}}
    {{proxy_get_property "request\00time"}}
    {{proxy_get_property "request\00duration"}}
    {{proxy_get_property "request\00size"}}
    {{proxy_get_property "request\00total_size"}}
    {{proxy_get_property "request\00headers_bytes"}}
    {{proxy_get_property "request\00nothing"}}
    {{proxy_get_property "request"}}
    {{CONTINUE}}))
