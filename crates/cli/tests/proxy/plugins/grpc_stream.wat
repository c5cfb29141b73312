(module {{prelude}}
  ;; Opens a stream with the method that the path of the request names, sends, and collects what comes: metadata,
  ;; messages, metadata. The second message follows the first answer. Answers with 400, the status and the collection.
  (global $waiting (mut i32) (i32.const 0))
  (global $end (mut i32) (i32.const 0x2000))
  (func $collect (param $from i32) (param $size i32)
    (memory.copy (global.get $end) (local.get $from) (local.get $size))
    (global.set $end (i32.add (global.get $end) (local.get $size)))
    (i32.store8 (global.get $end) (i32.const 59))
    (global.set $end (i32.add (global.get $end) (i32.const 1))))
  (func {{export proxy_on_request_headers}}
    (global.set $waiting (local.get $context_id))
    (global.set $end (i32.const 0x2000))
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS ":path"}}
    {{proxy_grpc_stream "upstream" "pkg.Svc" (i32.add (i32.load (i32.const 0x10)) (i32.const 1)) (i32.sub (i32.load (i32.const 0x18)) (i32.const 1)) {} 0x20}}
    {{proxy_grpc_send (i32.load (i32.const 0x20)) "one" 0}}
    {{PAUSE}})
  (func {{export proxy_on_grpc_receive_initial_metadata}}
    {{proxy_get_header_map_value GRPC_CALL_INITIAL_METADATA "x-init"}}
    (call $collect (i32.load (i32.const 0x10)) (i32.load (i32.const 0x18))))
  (func {{export proxy_on_grpc_receive}}
    {{proxy_get_buffer_bytes GRPC_CALL_MESSAGE 0 -1}}
    (call $collect (i32.load (i32.const 0x10)) (i32.load (i32.const 0x18)))
    ;; A message that begins with C is answered by cancelling, and the stream goes on.
    (if (i32.eq (i32.load8_u (i32.load (i32.const 0x10))) (i32.const 67))
      (then
        {{proxy_grpc_cancel $call_id}}
        {{proxy_set_effective_context (global.get $waiting)}}
        {{proxy_continue_stream HTTP_REQUEST}}
        (return)))
    {{proxy_grpc_send $call_id "two" 1}})
  (func {{export proxy_on_grpc_receive_trailing_metadata}}
    {{proxy_get_header_map_value GRPC_CALL_TRAILING_METADATA "x-trail"}}
    (call $collect (i32.load (i32.const 0x10)) (i32.load (i32.const 0x18))))
  (func {{export proxy_on_grpc_close}}
    {{proxy_set_effective_context (global.get $waiting)}}
    {{proxy_send_local_response (i32.add (i32.const 400) (local.get $status_code)) "" (i32.const 0x2000) (i32.sub (global.get $end) (i32.const 0x2000)) {} -1}}))
