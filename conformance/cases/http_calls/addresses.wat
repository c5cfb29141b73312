;;! title = "Every range is checked first, then the slot for the number, before anything is sent"
;;! spec = "proxy_http_call"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_http_call 0xfffd 4 {":method" "GET" ":path" "/check" ":authority" "auth.test"} "" {} 1000}}
    {{proxy_http_call "auth" 0xfffd 4 "" {} 1000}}
    {{proxy_http_call "auth" {":method" "GET" ":path" "/check" ":authority" "auth.test"} 0xfffd 4 {} 1000}}
    {{proxy_http_call "auth" {":method" "GET" ":path" "/check" ":authority" "auth.test"} "" 0xfffd 4 1000}}
    {{proxy_http_call "auth" {":method" "GET" ":path" "/check" ":authority" "auth.test"} -1 -1 {} 1000}}
    {{proxy_http_call "auth" {":method" "GET" ":path" "/check" ":authority" "auth.test"} "" {} 1000 0xfffd}}
    ;; The slot comes before what is wrong with the request.
    {{proxy_http_call "nobody" {} "" {} -1 0xfffd}}
    ;; It holds 0 if nothing was sent.
    (i32.store (i32.const 0x40) (i32.const 77))
    {{proxy_http_call "nobody" {} "" {} 1000 0x40}}
    {{proxy_log INFO 0x40 4}}
    {{proxy_http_call "auth" {":method" "GET" ":path" "/check" ":authority" "auth.test"} "" {} 1000 0xfffc}}
    {{CONTINUE}}))
