;;! title = "The body says its length, not the plugin; host is taken for :authority; names become lower case; 0 is no time-out"
;;! spec = "proxy_http_call"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_http_call "auth" {":method" "POST" ":path" "/" ":authority" "a" "Content-Length" "99"} "four" {} 0}}
    {{proxy_http_call "auth" {":method" "POST" ":path" "/" ":authority" "a" "content-length" "99"} "" {} 1}}
    {{proxy_http_call "auth" {":method" "GET" ":path" "/" "Host" "h" "X-A" "1" "x-a" "2"} "" {"T" "1"} 1}}
    {{CONTINUE}}))
