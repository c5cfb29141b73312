;;! title = "A call can be made in every callback, always on behalf of the plugin; those that are under way end with it"
;;! spec = "proxy_http_call"
;;! abi = ["0.2.0", "0.2.1"]
;;! dialogue = [
;;!   { advance = 5 },
;;!   { mail = true },
;;!   { request = { body = ["a"], trailers = [["t", "1"]] } },
;;!   { response = { body = ["b"], trailers = [["t", "1"]] } },
;;!   { http_call_response = { call = 1 } },
;;!   { finish = true },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_context_create}}
    {{proxy_http_call "auth" {":method" "GET" ":path" "/check" ":authority" "auth.test"} "create" {} 1000}})
  (func {{export proxy_on_vm_start}}
    {{proxy_http_call "auth" {":method" "GET" ":path" "/check" ":authority" "auth.test"} "vm_start" {} 1000}}
    (i32.const 1))
  (func {{export proxy_on_configure}}
    {{proxy_set_tick_period_milliseconds 5}}
    {{proxy_register_shared_queue "queue" 0x80}}
    {{proxy_enqueue_shared_queue (i32.load (i32.const 0x80)) "item"}}
    {{proxy_http_call "auth" {":method" "GET" ":path" "/check" ":authority" "auth.test"} "configure" {} 1000}}
    (i32.const 1))
  (func {{export proxy_on_tick}}
    {{proxy_set_tick_period_milliseconds 0}}
    {{proxy_http_call "auth" {":method" "GET" ":path" "/check" ":authority" "auth.test"} "tick" {} 1000}})
  (func {{export proxy_on_queue_ready}}
    {{proxy_http_call "auth" {":method" "GET" ":path" "/check" ":authority" "auth.test"} "queue_ready" {} 1000}})
  (func {{export proxy_on_request_headers}}
    {{proxy_http_call "auth" {":method" "GET" ":path" "/check" ":authority" "auth.test"} "request_headers" {} 1000}}
    {{CONTINUE}})
  (func {{export proxy_on_request_body}}
    {{proxy_http_call "auth" {":method" "GET" ":path" "/check" ":authority" "auth.test"} "request_body" {} 1000}}
    {{CONTINUE}})
  (func {{export proxy_on_request_trailers}}
    {{proxy_http_call "auth" {":method" "GET" ":path" "/check" ":authority" "auth.test"} "request_trailers" {} 1000}}
    {{CONTINUE}})
  (func {{export proxy_on_response_headers}}
    {{proxy_http_call "auth" {":method" "GET" ":path" "/check" ":authority" "auth.test"} "response_headers" {} 1000}}
    {{CONTINUE}})
  (func {{export proxy_on_response_body}}
    {{proxy_http_call "auth" {":method" "GET" ":path" "/check" ":authority" "auth.test"} "response_body" {} 1000}}
    {{CONTINUE}})
  (func {{export proxy_on_response_trailers}}
    {{proxy_http_call "auth" {":method" "GET" ":path" "/check" ":authority" "auth.test"} "response_trailers" {} 1000}}
    {{CONTINUE}})
  (func {{export proxy_on_http_call_response}}
    {{proxy_http_call "auth" {":method" "GET" ":path" "/check" ":authority" "auth.test"} "http_call_response" {} 1000}})
  (func {{export proxy_on_grpc_receive}}
    {{proxy_http_call "auth" {":method" "GET" ":path" "/check" ":authority" "auth.test"} "grpc_receive" {} 1000}})
  (func {{export proxy_on_grpc_close}}
    {{proxy_http_call "auth" {":method" "GET" ":path" "/check" ":authority" "auth.test"} "grpc_close" {} 1000}})
  (func {{export proxy_on_log}}
    {{proxy_http_call "auth" {":method" "GET" ":path" "/check" ":authority" "auth.test"} "log" {} 1000}})
  (func {{export proxy_on_done}}
    {{proxy_http_call "auth" {":method" "GET" ":path" "/check" ":authority" "auth.test"} "done" {} 1000}}
    (i32.const 1))
  (func {{export proxy_on_delete}}
    {{proxy_http_call "auth" {":method" "GET" ":path" "/check" ":authority" "auth.test"} "delete" {} 1000}}))
