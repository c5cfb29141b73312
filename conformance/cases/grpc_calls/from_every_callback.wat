;;! title = "A gRPC call can be made in every callback"
;;! spec = "proxy_grpc_call"
;;! abi = ["0.2.0", "0.2.1"]
;;! dialogue = [
;;!   { advance = 5 },
;;!   { mail = true },
;;!   { request = { body = ["a"], trailers = [["t", "1"]] } },
;;!   { response = { body = ["b"], trailers = [["t", "1"]] } },
;;!   { grpc_message = { call = 1, data = "pong" } },
;;!   { grpc_close = { call = 2, status = 2 } },
;;!   { finish = true },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_context_create}}
    {{proxy_grpc_call "auth" "s" "create" {} "" 0}})
  (func {{export proxy_on_vm_start}}
    {{proxy_grpc_call "auth" "s" "vm_start" {} "" 0}}
    (i32.const 1))
  (func {{export proxy_on_configure}}
    {{proxy_set_tick_period_milliseconds 5}}
    {{proxy_register_shared_queue "queue" 0x80}}
    {{proxy_enqueue_shared_queue (i32.load (i32.const 0x80)) "item"}}
    {{proxy_grpc_call "auth" "s" "configure" {} "" 0}}
    (i32.const 1))
  (func {{export proxy_on_tick}}
    {{proxy_set_tick_period_milliseconds 0}}
    {{proxy_grpc_call "auth" "s" "tick" {} "" 0}})
  (func {{export proxy_on_queue_ready}}
    {{proxy_grpc_call "auth" "s" "queue_ready" {} "" 0}})
  (func {{export proxy_on_request_headers}}
    {{proxy_grpc_call "auth" "s" "request_headers" {} "" 0}}
    {{CONTINUE}})
  (func {{export proxy_on_request_body}}
    {{proxy_grpc_call "auth" "s" "request_body" {} "" 0}}
    {{CONTINUE}})
  (func {{export proxy_on_request_trailers}}
    {{proxy_grpc_call "auth" "s" "request_trailers" {} "" 0}}
    {{CONTINUE}})
  (func {{export proxy_on_response_headers}}
    {{proxy_grpc_call "auth" "s" "response_headers" {} "" 0}}
    {{CONTINUE}})
  (func {{export proxy_on_response_body}}
    {{proxy_grpc_call "auth" "s" "response_body" {} "" 0}}
    {{CONTINUE}})
  (func {{export proxy_on_response_trailers}}
    {{proxy_grpc_call "auth" "s" "response_trailers" {} "" 0}}
    {{CONTINUE}})
  (func {{export proxy_on_http_call_response}}
    {{proxy_grpc_call "auth" "s" "http_call_response" {} "" 0}})
  (func {{export proxy_on_grpc_receive}}
    {{proxy_grpc_call "auth" "s" "grpc_receive" {} "" 0}})
  (func {{export proxy_on_grpc_close}}
    {{proxy_grpc_call "auth" "s" "grpc_close" {} "" 0}})
  (func {{export proxy_on_log}}
    {{proxy_grpc_call "auth" "s" "log" {} "" 0}})
  (func {{export proxy_on_done}}
    {{proxy_grpc_call "auth" "s" "done" {} "" 0}}
    (i32.const 1))
  (func {{export proxy_on_delete}}
    {{proxy_grpc_call "auth" "s" "delete" {} "" 0}}))
