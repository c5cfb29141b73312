;;! title = "Headers that are no map count as none, so that the request lacks what it must have; trailers that are no map are left out"
;;! spec = "proxy_http_call"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_http_call "auth" "garbage" "" {} 1000}}
    {{proxy_http_call "auth" {":method" "GET" ":path" "/check" ":authority" "auth.test"} "" "garbage" 1000}}
    {{CONTINUE}}))
