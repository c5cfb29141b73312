;;! title = "The plugin closes its side first: messages still come, and with the upstream's end the stream is forgotten"
;;! spec = "proxy_grpc_close"
;;! abi = ["0.2.1"]
;;! dialogue = [
;;!   { request = {} },
;;!   { grpc_message = { call = 1, data = "after" } },
;;!   { grpc_close = { call = 1 } },
;;!   { response = {} },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_grpc_stream "auth" "pkg.Svc" "Watch" {"x-a" "1"}}}
    {{proxy_grpc_close 6}}
    {{proxy_grpc_close 6}}
    {{proxy_grpc_send 6 "dropped" 0}}
    {{CONTINUE}})
  (func {{export proxy_on_grpc_receive}}
    {{proxy_get_buffer_status GRPC_CALL_MESSAGE}}
    {{proxy_get_buffer_bytes GRPC_CALL_MESSAGE 0 -1}})
  (func {{export proxy_on_grpc_close}}
    {{proxy_get_status}}
    {{proxy_grpc_send (local.get $call_id) "dropped" 0}})
  (func {{export proxy_on_response_headers}}
    {{proxy_grpc_close 6}}
    {{proxy_grpc_send 6 "to nobody" 0}}
    {{CONTINUE}}))
