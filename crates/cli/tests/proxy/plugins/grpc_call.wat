(module {{prelude}}
  ;; Calls the method that the path of the request names; answers with the message, or with 400 and the status.
  (global $waiting (mut i32) (i32.const 0))
  (func {{export proxy_on_request_headers}}
    (global.set $waiting (local.get $context_id))
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS ":path"}}
    (if {{result proxy_grpc_call "upstream" "pkg.Svc" (i32.add (i32.load (i32.const 0x10)) (i32.const 1)) (i32.sub (i32.load (i32.const 0x18)) (i32.const 1)) {"x-meta" "m" "x-bin" "\00\ff"} "ping" 400 0x20}}
      (then {{proxy_send_local_response 598 "" "not sent" {} -1}}))
    {{PAUSE}})
  (func {{export proxy_on_grpc_receive}}
    {{proxy_set_effective_context (global.get $waiting)}}
    {{proxy_get_buffer_bytes GRPC_CALL_MESSAGE 0 -1}}
    {{proxy_send_local_response 200 "" (i32.load (i32.const 0x10)) (i32.load (i32.const 0x18)) {} -1}})
  (func {{export proxy_on_grpc_close}}
    {{proxy_set_effective_context (global.get $waiting)}}
    {{proxy_get_status 0x20 0x10 0x18}}
    {{proxy_send_local_response (i32.add (i32.const 400) (local.get $status_code)) "" (i32.load (i32.const 0x10)) (i32.load (i32.const 0x18)) {} -1}}))
