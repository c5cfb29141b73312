(module {{prelude}}
  ;; Calls the cluster that the request names, and answers with what came of it: status and body of the response, or 599
  ;; and the status of the call. A body that begins with G means: go on.
  (func {{export proxy_on_PHASE_headers}}
    (if {{result proxy_get_header_map_value HTTP_REQUEST_HEADERS "x-cluster"}} (then (return {{CONTINUE}})))
    (if {{result proxy_http_call (i32.load (i32.const 0x10)) (i32.load (i32.const 0x18)) {":method" "POST" ":path" "/check?a=b" ":authority" "auth.test" "X-Own" "1"} "who?" {} TIMEOUT 0x20}}
      (then
        {{proxy_send_local_response 598 "" "not sent" {} -1}}
        (return {{PAUSE}})))
    ;; Tokens are small: each has a slot for the stream that waits.
    (i32.store (i32.add (i32.const 0x400) (i32.load (i32.const 0x20))) (local.get $context_id))
    {{PAUSE}})
  (func {{export proxy_on_http_call_response}} (local $status i32) (local $at i32)
    {{proxy_set_effective_context (i32.load (i32.add (i32.const 0x400) (local.get $call_id)))}}
    (if (i32.eqz (local.get $num_headers))
      (then
        {{proxy_get_status 0x20 0x10 0x18}}
        {{proxy_send_local_response 599 "" (i32.load (i32.const 0x10)) (i32.load (i32.const 0x18)) {} -1}}
        (return)))
    {{proxy_get_header_map_value HTTP_CALL_RESPONSE_HEADERS ":status"}}
    (local.set $at (i32.load (i32.const 0x10)))
    (local.set $status (i32.sub (i32.add (i32.add
      (i32.mul (i32.load8_u (local.get $at)) (i32.const 100))
      (i32.mul (i32.load8_u offset=1 (local.get $at)) (i32.const 10)))
      (i32.load8_u offset=2 (local.get $at))) (i32.const 5328)))
    {{proxy_get_buffer_bytes HTTP_CALL_RESPONSE_BODY 0 -1}}
    (if (i32.eq (i32.load8_u (i32.load (i32.const 0x10))) (i32.const 71))
      (then
        {{proxy_add_header_map_value HTTP_RESPONSE_HEADERS "x-called" "yes"}}
        {{proxy_continue_stream HTTP_REQUEST}}
        {{proxy_continue_stream HTTP_RESPONSE}}
        (return)))
    {{proxy_send_local_response $status "" (i32.load (i32.const 0x10)) (i32.load (i32.const 0x18)) {} -1}}))
