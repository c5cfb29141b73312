;;! title = "What is not sent: an unknown upstream, a negative time-out, a request without one of three pseudo-headers"
;;! spec = "proxy_http_call"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_http_call "nobody" {":method" "GET" ":path" "/check" ":authority" "auth.test"} "" {} 1000}}
    {{proxy_http_call "" {":method" "GET" ":path" "/check" ":authority" "auth.test"} "" {} 1000}}
    {{proxy_http_call "\ff" {":method" "GET" ":path" "/check" ":authority" "auth.test"} "" {} 1000}}
    {{proxy_http_call "auth" {":method" "GET" ":path" "/check" ":authority" "auth.test"} "" {} -1}}
    {{proxy_http_call "auth" {":method" "GET" ":path" "/check" ":authority" "auth.test"} "" {} 0x80000000}}
    {{proxy_http_call "auth" {":path" "/" ":authority" "a"} "" {} 1000}}
    {{proxy_http_call "auth" {":method" "GET" ":authority" "a"} "" {} 1000}}
    {{proxy_http_call "auth" {":method" "GET" ":path" "/"} "" {} 1000}}
    {{proxy_http_call "auth" {} "" {} 1000}}
    ;; Nothing of this has used up a number.
    {{proxy_http_call "auth" {":method" "GET" ":path" "/check" ":authority" "auth.test"} "" {} 0x7fffffff}}
    {{CONTINUE}}))
