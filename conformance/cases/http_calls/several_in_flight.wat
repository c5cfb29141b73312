;;! title = "Several calls under way are told apart by numbers that step by four; answers come in any order, each once"
;;! spec = "proxy_http_call"
;;! abi = ["0.2.1"]
;;! shows = ["sdk/unique_tokens"]
;;! dialogue = [
;;!   { request = {} },
;;!   { http_call_response = { call = 3, status = 203 } },
;;!   { http_call_response = { call = 1, status = 201 } },
;;!   { http_call_response = { call = 3, status = 503 } },
;;!   { http_call_failure = { call = 1 } },
;;!   { http_call_response = { call = 2, status = 202 } },
;;!   { response = {} },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_http_call "auth" {":method" "GET" ":path" "/check" ":authority" "auth.test"} "1" {} 1000}}
    {{proxy_http_call "auth" {":method" "GET" ":path" "/check" ":authority" "auth.test"} "2" {} 1000}}
    {{proxy_http_call "auth" {":method" "GET" ":path" "/check" ":authority" "auth.test"} "3" {} 1000}}
    {{PAUSE}})
  (func {{export proxy_on_http_call_response}}
    (if (i32.eq (local.get $call_id) (i32.const 8)) (then
      {{proxy_set_effective_context 2}}
      {{proxy_continue_stream HTTP_REQUEST}}))))
